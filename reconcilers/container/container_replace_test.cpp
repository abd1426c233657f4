// SPDX-License-Identifier: Apache-2.0
// Replace and rollback: cut at every call and taken up by a reconciler that remembers nothing.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using testing::Flavour;
using testing::World;
using Names = std::vector<std::string>;

constexpr const char* kWithFile = R"({"files":[{"path":"/etc/a","content":"1"}]})";
constexpr const char* kOtherFile = R"({"spec":{"files":[{"path":"/etc/a","content":"2"}]}})";

class ReplaceTest : public ::testing::TestWithParam<Flavour> {
 protected:
  World world{GetParam()};
  fake_engine::FakeEngine& engine = world.engine;
};

INSTANTIATE_TEST_SUITE_P(Engines, ReplaceTest, ::testing::Values(Flavour::Engine20, Flavour::Engine29),
                         [](const auto& at) { return at.param == Flavour::Engine20 ? "Engine20" : "Engine29"; });

TEST_P(ReplaceTest, StopsFirstAndLeavesOne) {
  world.create("web", R"({"ports":[{"containerPort":80,"hostPort":8080}]})");
  world.settle();
  const std::string before = *world.status().container_id;
  world.patch("web", R"({"spec":{"env":[{"name":"A","value":"2"}]}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_NE(*world.status().container_id, before);
  EXPECT_EQ(base::to_canonical(engine.create_body("web").at("Env")), R"(["A=2"])");
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(world.status().observed_generation, 2);
  EXPECT_EQ(world.most_running, 1u);
  EXPECT_EQ(world.event_reasons(), (Names{"Created", "Created", "Killing", "Started", "Started", "Updated"}));
  world.expect_steady();
}

// What status says while the engine is at each of its writes.
class AnnouncedTest : public ::testing::Test {
 protected:
  AnnouncedTest() {
    world.create_object("ConfigMap", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"page"},
                                         "data":{"A":"1"}})");
    world.create("web", R"({"envFrom":[{"configMapRef":{"name":"page"}}]})");
    world.settle();
    engine.after_each_write([this](const std::string& operation) {
      if (!world.exists("web")) return;
      const std::string version(base::string_at(world.get("web"), "metadata.resourceVersion"));
      seen[operation] = "Ready=" + world.condition("Ready") + " Reconciling=" + world.condition("Reconciling");
      phases[operation] = world.status().phase.value_or("");
      versions[operation] = version;
    });
  }
  std::map<std::string, std::string> seen;
  std::map<std::string, std::string> phases;
  std::map<std::string, std::string> versions;
  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(AnnouncedTest, AReplaceForOtherContentIsToldBeforeTheStop) {
  ASSERT_EQ(world.condition("Ready"), "True Running");
  world.patch("page", R"({"data":{"A":"2"}})", "ConfigMap");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(seen["container_create"], "Ready=False Updating Reconciling=True Updating");
  EXPECT_EQ(seen["container_stop"], "Ready=False Updating Reconciling=True Updating");
  EXPECT_EQ(phases["container_stop"], "Updating");
  EXPECT_EQ(versions["container_create"], versions["container_start"]) << "one write tells it all";
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(world.condition("Reconciling"), "False Settled");
  world.expect_steady();
}

TEST_F(AnnouncedTest, AStopIsToldBefore) {
  world.patch("web", R"({"spec":{"desiredState":"Stopped"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(seen["container_stop"], "Ready=False Stopping Reconciling=True Stopping");
  EXPECT_EQ(versions["container_update"], versions["container_stop"]);
  EXPECT_EQ(world.condition("Ready"), "True Stopped");
}

TEST_F(AnnouncedTest, ARestartIsToldBefore) {
  world.patch("web", R"({"metadata":{"annotations":{"berth.dev/restartedAt":"t1"}}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(seen["container_restart"], "Ready=False Reconciling Reconciling=True Reconciling");
  EXPECT_EQ(world.condition("Ready"), "True Running");
}

TEST_F(AnnouncedTest, TheStopOfADeletionIsToldBefore) {
  world.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(seen["container_stop"], "Ready=False Terminating Reconciling=True Terminating");
  EXPECT_EQ(phases["container_stop"], "Terminating");
  EXPECT_FALSE(world.exists("web"));
}

TEST_F(AnnouncedTest, WhatIsChangedInPlaceStaysReady) {
  world.patch("web", R"({"spec":{"resources":{"memory":"64Mi"}}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(seen["container_update"], "Ready=True Running Reconciling=False Settled");
}

TEST_P(ReplaceTest, IsNotReadyBeforeTheNewOneIs) {
  world.create("web");
  world.settle();
  world.patch("web", R"({"spec":{"healthcheck":{"test":["CMD","true"],"interval":"1s"}}})");
  world.refresh();
  EXPECT_TRUE(world.pass().delay()) << "it looks again at the deadline";
  EXPECT_EQ(world.condition("Ready"), "False Updating");
  EXPECT_EQ(engine.containers().size(), 2u);
  ASSERT_EQ(engine.running().size(), 1u);
  const std::string next = engine.running().front();
  EXPECT_EQ(next, next_name("web", *world.status().spec_hash));
  engine.set_health(next, "healthy");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
}

TEST_P(ReplaceTest, RemovingALimitIsAReplace) {
  world.create("web", R"({"resources":{"memory":"64Mi"}})");
  world.settle();
  world.patch("web", R"({"spec":{"resources":{"memory":"128Mi"}}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_create"), 1u) << "raised in place";
  EXPECT_EQ(base::int_at(engine.inspect("web"), "HostConfig.Memory"), 134217728);
  world.expect_steady();
  world.patch("web", R"({"spec":{"resources":null}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_create"), 2u);
  EXPECT_EQ(base::int_at(engine.inspect("web"), "HostConfig.Memory"), 0);
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(world.most_running, 1u);
  world.expect_steady();
}

TEST_P(ReplaceTest, RemovingTheLimitOnSwapIsSeen) {
  world.create("web", R"({"resources":{"memory":"64Mi","memorySwap":"512Mi"}})");
  world.settle();
  EXPECT_EQ(base::int_at(engine.inspect("web"), "HostConfig.MemorySwap"), 536870912);
  world.patch("web", R"({"spec":{"resources":{"memorySwap":null}}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(base::int_at(engine.inspect("web"), "HostConfig.MemorySwap"), 134217728) << "the engine's own default";
  EXPECT_EQ(engine.calls("container_create"), 1u);
  world.expect_steady();
}

TEST_P(ReplaceTest, FailedStartRollsBackAndIsTriedAgainForAnotherHash) {
  world.create("web");
  world.settle();
  const std::string before = *world.status().container_id;
  engine.add_image("bad:1");
  engine.on_start("bad:1", {"", {}, 500, "port is already allocated"});
  world.patch("web", R"({"spec":{"image":"bad:1"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(base::string_at(engine.inspect("web"), "Id"), before);
  EXPECT_EQ(base::string_at(engine.inspect("web"), "HostConfig.RestartPolicy.Name"), "always");
  EXPECT_EQ(world.condition("Ready"), "False RolledBack");
  EXPECT_EQ(world.condition("Stalled"), "True RolledBack");
  EXPECT_NE(world.message("Ready").find("port is already allocated"), std::string::npos);
  EXPECT_NE(world.status().update->failed->reason.find("port is already allocated"), std::string::npos);
  const std::uint64_t starts = engine.calls("container_start");
  world.expect_steady();
  EXPECT_EQ(engine.calls("container_start"), starts) << "not tried again by itself";
  engine.kill("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"}) << "the old one is kept running";
  world.patch("web", R"({"spec":{"image":"busybox","env":[{"name":"A","value":"2"}]}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_FALSE(world.status().update);
  EXPECT_EQ(world.most_running, 1u);
  world.expect_steady();
}

TEST_P(ReplaceTest, NewOneThatEndsRollsBack) {
  world.create("web");
  world.settle();
  engine.add_image("bad:1");
  engine.on_start("bad:1", {"", 7, 0, ""});
  world.patch("web", R"({"spec":{"image":"bad:1"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(base::string_at(engine.create_body("web"), "Image"), "busybox");
  EXPECT_EQ(world.status().update->failed->reason, "exited with code 7");
  EXPECT_EQ(std::ranges::count(world.event_reasons(), "RolledBack"), 1);
  world.expect_steady();
}

TEST_P(ReplaceTest, NewOneThatIsNeverHealthyRollsBackAtTheDeadline) {
  world.create("web", R"({"healthcheck":{"test":["CMD","true"]},"update":{"progressDeadlineSeconds":5}})");
  world.settle();
  engine.set_health("web", "healthy");
  world.settle();
  engine.add_image("sick:1");
  engine.on_start("sick:1", {"unhealthy", {}, 0, ""});
  world.patch("web", R"({"spec":{"image":"sick:1"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(world.status().update->failed->reason, "not healthy within 5 s: unhealthy");
  world.expect_steady();
}

TEST_P(ReplaceTest, StallLeavesBothAndGoesOnWithAnotherSpec) {
  world.create("web", R"({"update":{"onFailure":"Stall"}})");
  world.settle();
  engine.add_image("bad:1");
  engine.on_start("bad:1", {"", {}, 500, "no such device"});
  world.patch("web", R"({"spec":{"image":"bad:1"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers().size(), 2u);
  EXPECT_EQ(engine.running(), Names{});
  EXPECT_EQ(world.condition("Ready"), "False UpdateStalled");
  EXPECT_EQ(world.condition("Stalled"), "True UpdateStalled");
  world.expect_steady();
  world.patch("web", R"({"spec":{"image":"busybox"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(engine.running(), Names{"web"});
  world.expect_steady();
}

TEST_P(ReplaceTest, ImageThatCannotBePulledLeavesTheOldOneRunning) {
  world.create("web");
  world.settle();
  world.patch("web", R"({"spec":{"image":"nowhere:1"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(world.condition("ImageResolved"), "False ImagePullDenied");
  EXPECT_EQ(world.condition("Ready"), "False ImagePullDenied");
  engine.add_to_registry("nowhere:1");
  world.clock.advance(std::chrono::seconds(30));
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(base::string_at(engine.create_body("web"), "Image"), "nowhere:1");
  world.expect_steady();
}

class CutTest : public ::testing::TestWithParam<std::tuple<Flavour, const char*, bool>> {
 protected:
  void cut() {
    const auto& [flavour, operation, after] = GetParam();
    after ? engine.cut_after_effect(operation) : engine.cut_before_effect(operation);
  }
  World world{std::get<0>(GetParam())};
  fake_engine::FakeEngine& engine = world.engine;
};

INSTANTIATE_TEST_SUITE_P(All, CutTest,
                         ::testing::Combine(::testing::Values(Flavour::Engine20, Flavour::Engine29),
                                            ::testing::Values("container_create", "container_archive",
                                                              "container_update", "container_stop", "container_start",
                                                              "container_remove", "container_rename"),
                                            ::testing::Bool()),
                         [](const auto& at) {
                           return std::string(std::get<0>(at.param) == Flavour::Engine20 ? "Engine20_" : "Engine29_") +
                                  std::get<1>(at.param) + (std::get<2>(at.param) ? "_after" : "_before");
                         });

TEST_P(CutTest, ReplaceIsTakenUpWhereItWas) {
  world.create("web", kWithFile);
  ASSERT_FALSE(world.settle());
  world.patch("web", kOtherFile);
  cut();
  world.settle_through_errors();
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(engine.files("web").at("/etc/a").content, "2");
  EXPECT_EQ(world.most_running, 1u);
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_FALSE(world.status().update) << "a cut connection is no failed update";
  world.expect_steady();
}

TEST_P(CutTest, RollbackIsTakenUpWhereItWas) {
  world.create("web", kWithFile);
  ASSERT_FALSE(world.settle());
  engine.add_image("bad:1");
  engine.on_start("bad:1", {"", 7, 0, ""});
  world.patch("web", R"({"spec":{"image":"bad:1"}})");
  cut();
  world.settle_through_errors();
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(engine.files("web").at("/etc/a").content, "1");
  EXPECT_EQ(world.most_running, 1u);
  EXPECT_EQ(world.condition("Ready"), "False RolledBack");
  world.expect_steady();
}

TEST_P(CutTest, FirstCreateIsTakenUpWhereItWas) {
  world.create("web", kWithFile);
  cut();
  world.settle_through_errors();
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(engine.files("web").at("/etc/a").content, "1");
  world.expect_steady();
}

TEST_P(CutTest, DeletionIsTakenUpWhereItWas) {
  world.create("web", kWithFile);
  ASSERT_FALSE(world.settle());
  world.remove("web");
  cut();
  world.settle_through_errors();
  EXPECT_FALSE(world.exists("web"));
  EXPECT_EQ(engine.containers(), Names{});
}

}  // namespace
}  // namespace berth::reconcilers
