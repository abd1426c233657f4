// SPDX-License-Identifier: Apache-2.0
// Containers on Networks and with Volumes that are objects.
#include "reconcilers/plan/container_references.hpp"

#include "reconcilers/object/object_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::string_at;
using testing::Flavour;
using testing::ObjectWorld;
using Names = std::vector<std::string>;

class ReferencesTest : public ::testing::TestWithParam<Flavour> {
 protected:
  const base::JsonObject& endpoints() {
    inspect_ = engine.inspect("web");
    return inspect_.at("NetworkSettings").at("Networks").as_object();
  }
  void make_front_and_data() {
    world.create_network("front", R"({"networkName":"shop-front"})");
    world.create_volume("data");
    ASSERT_FALSE(world.settle_network("front"));
    ASSERT_FALSE(world.settle_volume("data"));
  }

  ObjectWorld world{GetParam()};
  fake_engine::FakeEngine& engine = world.engine;

 private:
  Json inspect_;
};

constexpr const char* kSpec = R"({"networks":[{"networkRef":{"name":"front"},"aliases":["www"]}],
                                  "mounts":[{"type":"Volume","volumeRef":{"name":"data"},"target":"/data"}]})";

INSTANTIATE_TEST_SUITE_P(Engines, ReferencesTest, ::testing::Values(Flavour::Engine20, Flavour::Engine29),
                         [](const auto& at) { return at.param == Flavour::Engine20 ? "Engine20" : "Engine29"; });

TEST_P(ReferencesTest, WaitsForWhatItRefersTo) {
  world.create("web", kSpec);
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("ReferencesResolved"), "False NotFound");
  EXPECT_EQ(world.message("ReferencesResolved"),
            "spec.networks[0].networkRef: networks.berth.dev \"front\" not found; "
            "spec.mounts[0].volumeRef: volumes.berth.dev \"data\" not found");
  world.create_network("front");
  world.create_volume("data");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.message("ReferencesResolved"),
            "spec.networks[0].networkRef: Network \"front\" is not there yet: Pending; "
            "spec.mounts[0].volumeRef: Volume \"data\" is not there yet: Pending");
  EXPECT_EQ(engine.writes(), 0u);
  world.settle_network("front");
  world.settle_volume("data");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("ReferencesResolved"), "True Resolved");
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
}

TEST_P(ReferencesTest, IsMadeWhileItsNetworkIs) {
  world.create_network("front", R"({"networkName":"shop-front"})");
  world.create("web", R"({"networks":[{"networkRef":{"name":"front"},"aliases":["www"]}]})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(world.condition("Ready"), "False ReferencesMissing");
  const auto id = world.status().container_id;
  world.expect_steady();
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(world.status().container_id, id);
  EXPECT_EQ(string_at(endpoints().at("shop-front"), "NetworkID"), world.fact("Network", "front", "networkID"));
  EXPECT_EQ(engine.calls("container_create"), 1u);
  EXPECT_EQ(engine.calls("network_connect"), 0u);
  world.expect_steady();
}

// By its name it would be on another's network, which could not be removed then.
TEST_P(ReferencesTest, IsNotMadeOnTheNetworkThatAnotherHasByThatName) {
  world.create_network("theirs", R"({"networkName":"shop-front"})");
  ASSERT_FALSE(world.settle_network("theirs"));
  world.create_network("front", R"({"networkName":"shop-front"})");
  world.create("web", R"({"networks":[{"networkRef":{"name":"front"}}]})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False ReferencesMissing");
  EXPECT_EQ(engine.containers(), Names{});
}

// Nobody knows when it will be there, or whether.
TEST_P(ReferencesTest, ANetworkThatCannotBeMadeIsWaitedFor) {
  world.create_network("front", R"({"driver":"nosuch"})");
  EXPECT_TRUE(world.settle_network("front"));
  world.create("web", R"({"networks":[{"networkRef":{"name":"front"}}]})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.message("ReferencesResolved"),
            "spec.networks[0].networkRef: Network \"front\" is not there yet: CreateFailed");
  EXPECT_EQ(engine.containers(), Names{});
}

TEST_P(ReferencesTest, IsMadeWithTheEnginesNames) {
  make_front_and_data();
  world.create("web", kSpec);
  EXPECT_FALSE(world.settle());
  ASSERT_TRUE(endpoints().contains("shop-front"));
  EXPECT_EQ(endpoints().size(), 1u);
  EXPECT_EQ(string_at(endpoints().at("shop-front"), "NetworkID"), world.fact("Network", "front", "networkID"));
  EXPECT_EQ(endpoints().at("shop-front").at("Aliases").at(0).as_string(), "www");
  const Json mount = engine.create_body("web").at("HostConfig").at("Mounts").at(0);
  EXPECT_EQ(string_at(mount, "Source"), "data");
  EXPECT_EQ(string_at(mount, "Target"), "/data");
  EXPECT_EQ(engine.volumes(), Names{"data"});
  EXPECT_EQ(world.status().ip, string_at(endpoints().at("shop-front"), "IPAddress"));
  world.expect_steady();
}

TEST_P(ReferencesTest, NetworksAreChangedInPlace) {
  make_front_and_data();
  world.create_network("back");
  world.settle_network("back");
  world.create("web", kSpec);
  ASSERT_FALSE(world.settle());
  const auto id = world.status().container_id;
  world.patch("web", R"({"spec":{"networks":[{"networkRef":{"name":"back"},"ipv4Address":"172.30.0.9"}]}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.status().container_id, id);
  EXPECT_EQ(endpoints().size(), 1u);
  EXPECT_EQ(string_at(endpoints().at("back"), "IPAMConfig.IPv4Address"), "172.30.0.9");
  world.expect_steady();
}

TEST_P(ReferencesTest, IsPutOnTheNetworkThatTookTheOldOnesPlace) {
  make_front_and_data();
  world.create("web", kSpec);
  ASSERT_FALSE(world.settle());
  const auto id = world.status().container_id;
  world.patch("web", R"({"spec":{"desiredState":"Stopped"}})");
  ASSERT_FALSE(world.settle());
  engine.remove_network("shop-front");
  world.patch("web", R"({"spec":{"desiredState":"Running"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.message("ReferencesResolved"),
            "spec.networks[0].networkRef: Network \"front\" is gone from the engine");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(world.status().container_id, id);
  EXPECT_EQ(string_at(endpoints().at("shop-front"), "NetworkID"), world.fact("Network", "front", "networkID"));
  world.expect_steady();
}

TEST_P(ReferencesTest, NoEmptyVolumeTakesTheLostOnesPlace) {
  make_front_and_data();
  world.create("web", kSpec);
  ASSERT_FALSE(world.settle());
  engine.remove("web");
  engine.remove_volume("data");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.message("ReferencesResolved"), "spec.mounts[0].volumeRef: Volume \"data\" is gone from the engine");
  EXPECT_EQ(engine.volumes(), Names{});
  EXPECT_EQ(engine.containers(), Names{});
}

TEST_P(ReferencesTest, AnotherVolumeIsAReplace) {
  make_front_and_data();
  world.create("web", kSpec);
  ASSERT_FALSE(world.settle());
  const auto before = world.status().spec_hash;
  world.remove("data", "Volume");
  world.settle_volume("data");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("ReferencesResolved"), "False NotFound");
  EXPECT_EQ(engine.running(), Names{"web"}) << "what stands, stands";
  world.create_volume("data", R"({"volumeName":"other"})");
  world.settle_volume("data");
  EXPECT_FALSE(world.settle());
  EXPECT_NE(world.status().spec_hash, before);
  EXPECT_EQ(string_at(engine.create_body("web").at("HostConfig").at("Mounts").at(0), "Source"), "other");
  world.expect_steady();
}

TEST_P(ReferencesTest, WhatCannotBeUsedIsSaid) {
  make_front_and_data();
  world.create_network("far", R"({"host":"elsewhere"})");
  world.create("web", R"({"networks":[{"networkRef":{"name":"front"}},{"name":"shop-front"},
                                       {"networkRef":{"name":"far"}}]})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.message("ReferencesResolved"),
            "spec.networks[2].networkRef: Network \"far\" is on host elsewhere, not on local; "
            "spec.networks[1]: it is network \"shop-front\", as is spec.networks[0]");
  world.patch("web", R"({"spec":{"networks":[{"networkRef":{"name":"front"}}]}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.remove("front", "Network");
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_EQ(world.said("Network", "front", "InUse"), "True Containers");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.message("ReferencesResolved"), "spec.networks[0].networkRef: Network \"front\" is being deleted");
  EXPECT_EQ(engine.running(), Names{"web"});
  world.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_FALSE(world.settle_network("front"));
  EXPECT_FALSE(world.World::exists("web"));
  EXPECT_FALSE(world.exists("Network", "front"));
}

}  // namespace
}  // namespace berth::reconcilers
