// SPDX-License-Identifier: Apache-2.0
// The container that a failed update left in place is kept as declared in all that is changed in place, and a wish to
// restart is heard wherever something runs.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using testing::Flavour;
using testing::World;
using Names = std::vector<std::string>;

class KeptTest : public ::testing::TestWithParam<Flavour> {
 protected:
  void roll_back(const std::string& spec = "{}") {
    world.create("web", spec);
    ASSERT_FALSE(world.settle());
    engine.add_image("bad:1");
    engine.on_start("bad:1", {"", {}, 500, "no such file or directory"});
    world.patch("web", R"({"spec":{"image":"bad:1"}})");
    ASSERT_FALSE(world.settle());
    ASSERT_EQ(world.condition("Ready"), "False RolledBack");
    before = *world.status().container_id;
    creates = engine.calls("container_create");
  }
  // Still rolled back, with the container of before, and nothing more to do.
  void expect_kept() {
    EXPECT_EQ(world.condition("Ready"), "False RolledBack");
    EXPECT_EQ(world.condition("Drifted"), "False AsDeclared");
    EXPECT_EQ(engine.running(), Names{"web"});
    EXPECT_EQ(base::string_at(engine.inspect("web"), "Id"), before);
    EXPECT_EQ(engine.calls("container_create"), creates) << "the update is not tried again";
    world.expect_steady();
  }
  std::vector<std::string> networks() {
    std::vector<std::string> names;
    const Json inspect = engine.inspect("web");
    for (const auto& [name, endpoint] : base::find_path(inspect, "NetworkSettings.Networks")->as_object()) {
      names.emplace_back(name);
    }
    std::ranges::sort(names);
    return names;
  }
  void ask_for_restart(const std::string& token) {
    world.patch("web", R"({"metadata":{"annotations":{"berth.dev/restartedAt":")" + token + R"("}}})");
  }
  std::string handled() {
    const auto status = world.status();
    return status.handled ? status.handled->restarted_at.value_or("") : "";
  }
  std::string before;
  std::uint64_t creates = 0;
  World world{GetParam()};
  fake_engine::FakeEngine& engine = world.engine;
};

INSTANTIATE_TEST_SUITE_P(Engines, KeptTest, ::testing::Values(Flavour::Engine20, Flavour::Engine29),
                         [](const auto& at) { return at.param == Flavour::Engine20 ? "Engine20" : "Engine29"; });

TEST_P(KeptTest, OnItsNetworks) {
  world.add_network("front");
  roll_back(R"({"networks":[{"name":"front","aliases":["site"]}]})");
  engine.disconnect("front", "web");
  engine.connect("bridge", "web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(networks(), Names{"front"});
  expect_kept();
}

TEST_P(KeptTest, OnTheEnginesOwnNetwork) {
  roll_back();
  engine.disconnect("bridge", "web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(networks(), Names{"bridge"});
  expect_kept();
}

TEST_P(KeptTest, WithItsLimitsAndItsPolicy) {
  roll_back(R"({"resources":{"memory":"64Mi"}})");
  engine.update("web", base::parse_json(R"({"Memory":33554432,"MemorySwap":67108864,"RestartPolicy":{"Name":"no"}})"));
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(base::int_at(engine.inspect("web"), "HostConfig.Memory"), 64 << 20);
  EXPECT_EQ(base::string_at(engine.inspect("web"), "HostConfig.RestartPolicy.Name"), "always");
  expect_kept();
}

TEST_P(KeptTest, AndFollowsWhatIsChangedInPlace) {
  world.add_network("front");
  roll_back(R"({"resources":{"memory":"64Mi"}})");
  world.patch("web", R"({"spec":{"resources":{"memory":"128Mi"},"networks":[{"name":"front"}]}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(base::int_at(engine.inspect("web"), "HostConfig.Memory"), 128 << 20);
  EXPECT_EQ(networks(), Names{"front"});
  EXPECT_EQ(world.status().observed_generation, 3);
  expect_kept();
}

// The bad address may be why the update failed.
TEST_P(KeptTest, WithTheAddressThatItHas) {
  world.add_network("front");
  roll_back(R"({"networks":[{"name":"front"}]})");
  const std::uint64_t disconnects = engine.calls("network_disconnect");
  world.patch("web", R"({"spec":{"networks":[{"name":"front","ipv4Address":"10.99.0.1"}]}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(networks(), Names{"front"});
  EXPECT_EQ(engine.calls("network_disconnect"), disconnects);
  expect_kept();
}

TEST_P(KeptTest, InTheHostsNetworkWhereItWasMade) {
  roll_back(R"({"networkMode":"host"})");
  world.patch("web", R"({"spec":{"networkMode":null}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("network_connect"), 0u);
  EXPECT_EQ(base::string_at(engine.inspect("web"), "HostConfig.NetworkMode"), "host");
  EXPECT_EQ(world.condition("Ready"), "False RolledBack") << "another spec, the same bad image";
}

TEST_P(KeptTest, WhatTheEngineRefusesIsSaid) {
  roll_back(R"({"resources":{"memory":"64Mi"}})");
  engine.fail("container_update", 500, "cannot update: device or resource busy");
  world.patch("web", R"({"spec":{"resources":{"memory":"32Mi"}}})");
  EXPECT_TRUE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False UpdateFailed");
  EXPECT_EQ(world.condition("Drifted"), "True Repairing");
  EXPECT_FALSE(world.status().update->failed->rollback) << "going back has worked";
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(base::int_at(engine.inspect("web"), "HostConfig.Memory"), 32 << 20);
  expect_kept();
}

TEST_P(KeptTest, AndIsRestartedOnRequest) {
  roll_back();
  ask_for_restart("t1");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_restart"), 1u);
  EXPECT_EQ(handled(), "t1");
  expect_kept();
  ask_for_restart("t2");
  engine.cut_after_effect("container_restart");
  world.settle_through_errors();
  EXPECT_EQ(engine.calls("container_restart"), 2u) << "once for each token";
  EXPECT_EQ(handled(), "t2");
  expect_kept();
}

TEST_P(KeptTest, ARestartIsDoneWhileReferencesAreMissing) {
  world.create_object("ConfigMap",
                      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"page"},"data":{"A":"1"}})");
  world.create("web", R"({"envFrom":[{"configMapRef":{"name":"page"}}]})");
  ASSERT_FALSE(world.settle());
  world.remove("page", "ConfigMap");
  ask_for_restart("t1");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False ReferencesMissing");
  EXPECT_EQ(engine.calls("container_restart"), 1u);
  EXPECT_EQ(handled(), "t1");
  world.expect_steady();
}

TEST_P(KeptTest, ARestartOfWhatDoesNotRunIsNotHandled) {
  engine.run("web", base::parse_json(R"({"Image":"busybox"})"));
  world.create("web", "{}", R"({"berth.dev/restartedAt":"t1"})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False NameConflict");
  EXPECT_EQ(handled(), "");
  world.expect_steady();
  engine.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(handled(), "t1") << "its first start is one";
  EXPECT_EQ(engine.calls("container_restart"), 0u);
  world.patch("web", R"({"spec":{"desiredState":"Stopped"}})");
  ASSERT_FALSE(world.settle());
  ask_for_restart("t2");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Stopped");
  EXPECT_EQ(handled(), "t1");
  world.expect_steady();
  world.patch("web", R"({"spec":{"desiredState":"Running"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(handled(), "t2");
  EXPECT_EQ(engine.calls("container_restart"), 0u) << "the start was it";
  world.expect_steady();
}

}  // namespace
}  // namespace berth::reconcilers
