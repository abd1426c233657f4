// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/object/volume_reconciler.hpp"

#include "reconcilers/object/object_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::parse_json;
using base::string_at;
using testing::Flavour;
using testing::ObjectWorld;
using Names = std::vector<std::string>;

class VolumeTest : public ::testing::TestWithParam<Flavour> {
 protected:
  std::string said(const std::string& type, const std::string& name = "data") {
    return world.said("Volume", name, type);
  }
  std::string words(const std::string& type, const std::string& name = "data") {
    return world.words("Volume", name, type);
  }
  void run_with(const std::string& volume, const std::string& container) {
    engine.run(container,
               parse_json(R"({"Image":"busybox:latest","HostConfig":{"Mounts":[{"Type":"volume","Source":")" + volume +
                          R"(","Target":"/data"}]}})"));
  }

  ObjectWorld world{GetParam()};
  fake_engine::FakeEngine& engine = world.engine;
};

INSTANTIATE_TEST_SUITE_P(Engines, VolumeTest, ::testing::Values(Flavour::Engine20, Flavour::Engine29),
                         [](const auto& at) { return at.param == Flavour::Engine20 ? "Engine20" : "Engine29"; });

TEST_P(VolumeTest, IsMadeWithOurLabels) {
  world.create_volume("data", R"({"driverOpts":{"type":"tmpfs","device":"tmpfs"},"labels":{"team":"a"}})");
  EXPECT_FALSE(world.settle_volume("data"));
  const Json made = engine.inspect_volume("data");
  EXPECT_EQ(made.at("Options").at("type").as_string(), "tmpfs");
  EXPECT_EQ(made.at("Labels").at("team").as_string(), "a");
  EXPECT_EQ(made.at("Labels").at("berth.dev/kind").as_string(), "Volume");
  EXPECT_EQ(said("Ready"), "True Made");
  EXPECT_EQ(world.fact("Volume", "data", "volumeName"), "data");
  EXPECT_EQ(world.fact("Volume", "data", "mountpoint"), "/var/lib/docker/volumes/data/_data");
  EXPECT_EQ(engine.writes(), 1u);
  EXPECT_EQ(world.event_reasons("data"), Names{"Created"});
  world.expect_object_steady("Volume", "data");
}

TEST_P(VolumeTest, IsLeftByDefaultAndTakenOverWhenItComesBack) {
  world.create_volume("data");
  world.settle_volume("data");
  world.remove("data", "Volume");
  EXPECT_FALSE(world.settle_volume("data"));
  EXPECT_FALSE(world.exists("Volume", "data"));
  EXPECT_EQ(engine.volumes(), Names{"data"});
  const std::uint64_t writes = engine.writes();
  world.create_volume("data");
  EXPECT_FALSE(world.settle_volume("data"));
  EXPECT_EQ(said("Ready"), "True Made");
  EXPECT_FALSE(base::bool_at(world.get("data", "Volume"), "status.external"));
  EXPECT_EQ(engine.writes(), writes);
  world.expect_object_steady("Volume", "data");
}

TEST_P(VolumeTest, WhatFitsByNameIsUsedAsItIs) {
  engine.create_volume(parse_json(R"({"Name":"data","DriverOpts":{"type":"tmpfs"}})"));
  world.create_volume("data", R"({"deletionPolicy":"Delete"})");
  EXPECT_FALSE(world.settle_volume("data"));
  EXPECT_EQ(said("Ready"), "True External");
  EXPECT_TRUE(base::bool_at(world.get("data", "Volume"), "status.external"));
  world.expect_object_steady("Volume", "data");
  world.remove("data", "Volume");
  EXPECT_FALSE(world.settle_volume("data"));
  EXPECT_EQ(engine.volumes(), Names{"data"});
  EXPECT_EQ(engine.writes(), 0u);
}

TEST_P(VolumeTest, ANameIsOneObjectsOnly) {
  world.create_volume("data");
  world.create_volume("copy", R"({"volumeName":"data"})");
  world.settle_volume("data");
  EXPECT_FALSE(world.settle_volume("copy"));
  EXPECT_EQ(said("Stalled", "copy"), "True NameConflict");
  EXPECT_EQ(words("Ready", "copy"), "volume \"data\" on host local is that of Volume default/data");
  world.remove("data", "Volume");
  world.settle_volume("data");
  EXPECT_FALSE(world.settle_volume("copy"));
  EXPECT_EQ(said("Ready", "copy"), "True External") << "its object is gone; it was not made for this one";
}

TEST_P(VolumeTest, IsNeverMadeAnew) {
  world.create_volume("data");
  world.settle_volume("data");
  world.patch("data", R"({"spec":{"labels":{"a":"b"}}})", "Volume");
  EXPECT_FALSE(world.settle_volume("data"));
  EXPECT_EQ(said("Ready"), "True Made");
  EXPECT_EQ(said("Drifted"), "True Differs");
  world.patch("data", R"({"spec":{"driverOpts":{"type":"nfs"}}})", "Volume");
  EXPECT_FALSE(world.settle_volume("data"));
  EXPECT_EQ(said("Ready"), "False Differs");
  EXPECT_EQ(said("Stalled"), "True Differs");
  EXPECT_EQ(words("Drifted"), "not as declared: driverOpts; a volume is never made anew, its data would be lost");
  EXPECT_EQ(world.fact("Volume", "data", "volumeName"), "data") << "containers go on with it";
  EXPECT_EQ(engine.writes(), 1u);
  world.expect_object_steady("Volume", "data");
}

TEST_P(VolumeTest, OneThatVanishedIsNotFollowedByAnEmptyOne) {
  world.create_volume("data");
  world.settle_volume("data");
  engine.remove_volume("data");
  EXPECT_FALSE(world.settle_volume("data"));
  EXPECT_EQ(said("Ready"), "False VolumeLost");
  EXPECT_EQ(said("Stalled"), "True VolumeLost");
  EXPECT_EQ(engine.volumes(), Names{});
  world.expect_object_steady("Volume", "data");
  world.patch("data", R"({"spec":{"deletionPolicy":"Delete"}})", "Volume");
  EXPECT_FALSE(world.settle_volume("data"));
  EXPECT_EQ(said("Ready"), "True Made") << "its data was declared to be worth nothing";
  EXPECT_EQ(engine.volumes(), Names{"data"});
}

TEST_P(VolumeTest, DeletionOfTheDataWaitsForWhoUsesIt) {
  world.create_volume("data", R"({"deletionPolicy":"Delete"})");
  world.settle_volume("data");
  run_with("data", "db");
  engine.stop("db");
  world.remove("data", "Volume");
  EXPECT_FALSE(world.settle_volume("data"));
  EXPECT_EQ(said("Ready"), "False InUse");
  EXPECT_EQ(words("InUse"), "container db uses it; it is removed once none does");
  EXPECT_EQ(world.waits.waiting("local", "db").size(), 1u);
  engine.remove("db");
  EXPECT_FALSE(world.settle_volume("data"));
  EXPECT_FALSE(world.exists("Volume", "data"));
  EXPECT_EQ(engine.volumes(), Names{});
}

TEST_P(VolumeTest, OneMadeByAnotherInBetweenIsUsedAsItIs) {
  world.create_volume("data");
  engine.fail("volume_create", 500, "out of luck");
  EXPECT_TRUE(world.settle_volume("data"));
  EXPECT_EQ(said("Ready"), "False CreateFailed");
  EXPECT_EQ(said("Reconciling"), "True CreateFailed");
  engine.create_volume(parse_json(R"({"Name":"data"})"));
  EXPECT_FALSE(world.settle_volume("data"));
  EXPECT_EQ(said("Ready"), "True External");
}

}  // namespace
}  // namespace berth::reconcilers
