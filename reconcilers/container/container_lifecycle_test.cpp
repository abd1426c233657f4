// SPDX-License-Identifier: Apache-2.0
// A Container's life on both engines: made, kept, stopped, deleted.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using testing::Flavour;
using testing::World;
using Names = std::vector<std::string>;

class LifecycleTest : public ::testing::TestWithParam<Flavour> {
 protected:
  World world{GetParam()};
  fake_engine::FakeEngine& engine = world.engine;
};

INSTANTIATE_TEST_SUITE_P(Engines, LifecycleTest, ::testing::Values(Flavour::Engine20, Flavour::Engine29),
                         [](const auto& at) { return at.param == Flavour::Engine20 ? "Engine20" : "Engine29"; });

TEST_P(LifecycleTest, RunsAsDeclared) {
  world.create(
      "web",
      R"({"command":["httpd","-f"],"env":[{"name":"A","value":"b"}],"ports":[{"containerPort":80,"hostPort":8080}],
                          "files":[{"path":"/etc/app.conf","content":"hello","mode":"0600"}],"labels":{"team":"x"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(engine.files("web").at("/etc/app.conf"), (fake_engine::FakeFile{"hello", 0600}));
  const base::Json body = engine.create_body("web");
  EXPECT_EQ(base::string_at(body, "Image"), "busybox");
  EXPECT_EQ(base::to_canonical(body.at("Env")), R"(["A=b"])");
  const auto& labels = body.at("Labels").as_object();
  EXPECT_EQ(labels.at("berth.dev/name"), "web");
  EXPECT_EQ(labels.at("team"), "x");
  const schemas::ContainerStatus status = world.status();
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(world.condition("ImageResolved"), "True Resolved");
  EXPECT_EQ(world.condition("HostReachable"), "True Reachable");
  EXPECT_EQ(status.phase, "Running");
  EXPECT_EQ(status.observed_generation, 1);
  EXPECT_EQ(status.container_id, base::string_at(engine.inspect("web"), "Id"));
  EXPECT_EQ(status.image->id, engine.image_id("busybox:latest"));
  EXPECT_EQ(status.spec_hash, std::string(labels.at("berth.dev/spec-hash").as_string()));
  EXPECT_FALSE(status.ports.empty());
  EXPECT_EQ(status.ports.front().host_port, 8080);
  EXPECT_EQ(world.event_reasons(), (Names{"Created", "Started"}));
  world.expect_steady();
}

TEST_P(LifecycleTest, ReapplyingAndTouchingMetadataDoesNothing) {
  world.create("web");
  world.settle();
  const std::uint64_t writes = engine.writes();
  world.patch("web", R"({"metadata":{"labels":{"a":"b"},"annotations":{"note":"x"}}})");
  world.settle();
  EXPECT_EQ(engine.writes(), writes);
  world.expect_steady();
}

TEST_P(LifecycleTest, FirstStartThatFailsIsStartedAgainNotMadeAgain) {
  engine.on_start("busybox:latest", {"", {}, 500, "driver failed: port is already allocated"});
  world.create("web");
  for (int i = 0; i < 3; ++i) {
    const auto error = world.settle();
    ASSERT_TRUE(error);
    EXPECT_NE(error->message().find("port is already allocated"), std::string::npos);
  }
  EXPECT_EQ(world.condition("Ready"), "False StartFailed");
  EXPECT_NE(world.message("Ready").find("port is already allocated"), std::string::npos);
  EXPECT_EQ(world.condition("Reconciling"), "True StartFailed");
  EXPECT_EQ(engine.calls("container_create"), 1u);
  EXPECT_EQ(engine.calls("container_start"), 3u);
  engine.on_start("busybox:latest", {});
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_create"), 1u);
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
}

TEST_P(LifecycleTest, SpecThatIsFixedAfterAFailedFirstStartNeedsNoReplace) {
  engine.on_start("busybox:latest", {"", {}, 400, "exec: \"nope\": executable file not found"});
  world.create("web", R"({"command":["nope"]})");
  EXPECT_TRUE(world.settle());
  engine.on_start("busybox:latest", {});
  world.patch("web", R"({"spec":{"command":["httpd"]}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(world.status().observed_generation, 2);
  world.expect_steady();
}

TEST_P(LifecycleTest, StoppedPausedAndBack) {
  world.create("web");
  world.settle();
  world.patch("web", R"({"spec":{"desiredState":"Stopped"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{});
  EXPECT_EQ(base::string_at(engine.inspect("web"), "HostConfig.RestartPolicy.Name"), "no");
  EXPECT_EQ(world.condition("Ready"), "True Stopped");
  world.expect_steady();
  world.patch("web", R"({"spec":{"desiredState":"Paused"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(base::string_at(engine.inspect("web"), "State.Status"), "paused");
  EXPECT_EQ(world.condition("Ready"), "True Paused");
  world.expect_steady();
  world.patch("web", R"({"spec":{"desiredState":"Running"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(base::string_at(engine.inspect("web"), "State.Status"), "running");
  EXPECT_EQ(base::string_at(engine.inspect("web"), "HostConfig.RestartPolicy.Name"), "always");
  EXPECT_EQ(engine.calls("container_create"), 1u);
  world.expect_steady();
}

TEST_P(LifecycleTest, StoppedFromTheStartIsMadeAndNotStarted) {
  world.create("web", R"({"desiredState":"Stopped"})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(engine.calls("container_start"), 0u);
  EXPECT_EQ(world.condition("Ready"), "True Stopped");
  EXPECT_TRUE(world.status().container_id);
  world.expect_steady();
}

TEST_P(LifecycleTest, DeletionStopsRemovesAndReleases) {
  world.create("web");
  world.settle();
  world.remove("web");
  EXPECT_TRUE(world.exists("web"));
  EXPECT_FALSE(world.settle());
  EXPECT_FALSE(world.exists("web"));
  EXPECT_EQ(engine.containers(), Names{});
  EXPECT_EQ(engine.calls("container_stop"), 1u) << "stopped before it is removed";
}

TEST_P(LifecycleTest, OrphanLeavesTheContainer) {
  world.create("web", R"({"deletionPolicy":"Orphan"})");
  world.settle();
  world.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_FALSE(world.exists("web"));
  EXPECT_EQ(engine.running(), Names{"web"});
}

TEST_P(LifecycleTest, NewObjectOfTheSameNameTakesTheContainerOver) {
  world.create("web", R"({"deletionPolicy":"Orphan"})");
  world.settle();
  world.remove("web");
  world.settle();
  const std::uint64_t writes = engine.writes();
  world.create("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.writes(), writes) << "no restart";
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
}

TEST_P(LifecycleTest, NameOfAForeignContainerIsNeverTouched) {
  engine.run("web", base::parse_json(R"({"Image":"busybox:latest"})"));
  const base::Json before = engine.inspect("web");
  const std::uint64_t writes = engine.writes();
  world.create("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False NameConflict");
  EXPECT_EQ(world.condition("Stalled"), "True NameConflict");
  EXPECT_EQ(engine.writes(), writes);
  world.expect_steady();
  world.remove("web");
  world.settle();
  EXPECT_FALSE(world.exists("web"));
  EXPECT_EQ(engine.inspect("web"), before);
  world.create("web");
  engine.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
}

TEST_P(LifecycleTest, SuspendedIsOnlyObserved) {
  world.create("web");
  world.settle();
  world.patch("web", R"({"spec":{"suspend":true}})");
  world.settle();
  EXPECT_EQ(world.condition("Ready"), "True Running");
  engine.kill("web");
  const std::uint64_t writes = engine.writes();
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.writes(), writes);
  EXPECT_EQ(world.condition("Drifted"), "True Suspended");
  EXPECT_EQ(world.message("Drifted"), "start web");
  EXPECT_EQ(world.condition("Ready"), "False Suspended");
  world.expect_steady();
  world.patch("web", R"({"spec":{"suspend":false}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(world.condition("Drifted"), "False AsDeclared");
}

TEST_P(LifecycleTest, OneShotRunsOnce) {
  engine.on_start("busybox:latest", {"", 0, 0, ""});
  world.create("web", R"({"restartPolicy":"Never"})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Completed");
  EXPECT_EQ(world.status().phase, "Succeeded");
  EXPECT_EQ(world.status().exit_code, 0);
  world.expect_steady();
  engine.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{});
  EXPECT_EQ(world.condition("Ready"), "True Completed");
  EXPECT_EQ(world.status().exit_code, 0);
  world.expect_steady();
  engine.on_start("busybox:latest", {"", 3, 0, ""});
  world.patch("web", R"({"spec":{"args":["again"]}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_start"), 2u) << "another hash runs again";
  EXPECT_EQ(world.condition("Ready"), "False Failed");
  EXPECT_EQ(world.condition("Stalled"), "True Failed");
  EXPECT_EQ(world.status().exit_code, 3);
  world.expect_steady();
}

TEST_P(LifecycleTest, OneShotThatIsKilledStaysDown) {
  world.create("web", R"({"restartPolicy":"Never"})");
  world.settle();
  engine.kill("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{});
  EXPECT_EQ(world.condition("Ready"), "False Failed");
  EXPECT_EQ(world.status().exit_code, 137);
  world.expect_steady();
}

TEST_P(LifecycleTest, OneShotThatWasStoppedByDesireGoesOn) {
  world.create("web", R"({"restartPolicy":"Never","desiredState":"Stopped"})");
  world.settle();
  world.patch("web", R"({"spec":{"desiredState":"Running"}})");
  world.settle();
  world.patch("web", R"({"spec":{"desiredState":"Stopped"}})");
  world.settle();
  EXPECT_EQ(world.condition("Ready"), "True Stopped");
  world.patch("web", R"({"spec":{"desiredState":"Running"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(engine.calls("container_start"), 2u);
}

TEST_P(LifecycleTest, TokensAreActedOnOnce) {
  world.create("web", "{}", R"({"berth.dev/restartedAt":"t1"})");
  world.settle();
  EXPECT_EQ(engine.calls("container_restart"), 0u) << "a start is a restart";
  EXPECT_EQ(world.status().handled->restarted_at, "t1");
  world.patch("web", R"({"metadata":{"annotations":{"berth.dev/restartedAt":"t2"}}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_restart"), 1u);
  EXPECT_EQ(world.status().handled->restarted_at, "t2");
  world.expect_steady();
  EXPECT_EQ(engine.calls("container_restart"), 1u);
}

TEST_P(LifecycleTest, RedeployReplacesOnlyWhenTheImageMoved) {
  world.create("web");
  world.settle();
  engine.add_to_registry("busybox:latest");
  world.patch("web", R"({"metadata":{"annotations":{"berth.dev/redeployedAt":"t1"}}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("image_pull"), 1u);
  EXPECT_EQ(engine.calls("container_create"), 1u) << "the same image";
  EXPECT_EQ(world.status().handled->redeployed_at, "t1");
  engine.add_to_registry("busybox:latest", "newer");
  world.patch("web", R"({"metadata":{"annotations":{"berth.dev/redeployedAt":"t2"}}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("image_pull"), 2u);
  EXPECT_EQ(engine.calls("container_create"), 2u);
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(base::string_at(engine.inspect("web"), "Image"), engine.image_id("busybox:latest"));
  world.expect_steady();
}

TEST_P(LifecycleTest, TagThatMovesRestartsNothingAndIsReported) {
  world.create("web");
  world.settle();
  const std::string pinned = *world.status().image->id;
  engine.add_image("busybox:latest", "newer");
  const std::uint64_t writes = engine.writes();
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.writes(), writes);
  EXPECT_EQ(world.status().image->update_available, true);
  world.expect_steady();
  engine.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(base::string_at(engine.inspect("web"), "Image"), pinned) << "made again from what was pinned";
  world.expect_steady();
}

}  // namespace
}  // namespace berth::reconcilers
