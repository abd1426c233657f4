// SPDX-License-Identifier: Apache-2.0
// What the status keeps of what ran.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using testing::World;

class ContainerStatusTest : public ::testing::Test {
 protected:
  ContainerStatusTest() {
    world.create("web");
    EXPECT_FALSE(world.settle());
  }
  // As an earlier berthd has left it.
  void forget_readiness() {
    Json status = world.get("web").at("status");
    status.as_object().erase("readyGeneration");
    const std::string uid(base::string_at(world.get("web"), "metadata.uid"));
    base::run(world.resources->set_status(resources::controller_caller("container"),
                                          schemas::Catalog::instance().by_name("Container"), "default", "web", uid,
                                          std::move(status)));
  }
  World world;
};

TEST_F(ContainerStatusTest, TellsTheImageThatRunsWhileAnotherCannotBeHad) {
  EXPECT_EQ(world.status().container_image, "busybox");
  world.engine.fail("container_create", 400, "no", 100);
  world.patch("web", R"({"spec":{"image":"busybox:latest"}})");
  world.settle();
  EXPECT_EQ(world.engine.running(), std::vector<std::string>{"web"});
  EXPECT_EQ(world.status().container_image, "busybox");
}

TEST_F(ContainerStatusTest, RemembersTheLastGenerationThatWasReady) {
  EXPECT_EQ(world.status().ready_generation, 1);
  world.patch("web", R"({"spec":{"desiredState":"Stopped"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Stopped");
  EXPECT_EQ(world.status().ready_generation, 1) << "what is stopped shows nothing of its spec";
  world.patch("web", R"({"spec":{"desiredState":"Running"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.status().ready_generation, 3);
  world.engine.fail("container_create", 400, "no", 100);
  world.patch("web", R"({"spec":{"user":"1000"}})");
  world.settle();
  EXPECT_EQ(world.status().ready_generation, 3);
}

TEST_F(ContainerStatusTest, OneThatIsOnlyLookedAtAndRunsAsDeclaredIsReady) {
  forget_readiness();
  world.patch("web", R"({"spec":{"suspend":true}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.status().ready_generation, 2);
  world.patch("web", R"({"spec":{"user":"1000"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False Suspended");
  EXPECT_EQ(world.status().ready_generation, 2) << "what runs is of the generation before";
}

TEST_F(ContainerStatusTest, WhatWasNeverReadySaysSoFromTheBeginning) {
  world.engine.fail("container_create", 400, "no", 100);
  world.create("new");
  world.settle("new");
  EXPECT_EQ(world.status("new").ready_generation, 0);
  forget_readiness();
  world.patch("web", R"({"spec":{"user":"1000"}})");
  world.settle();
  EXPECT_FALSE(world.status().ready_generation) << "nobody took it down before";
}

}  // namespace
}  // namespace berth::reconcilers
