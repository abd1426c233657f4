// SPDX-License-Identifier: Apache-2.0
// What the status keeps of what ran.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using testing::World;

class ContainerStatusTest : public ::testing::Test {
 protected:
  ContainerStatusTest() {
    world.create("web");
    EXPECT_FALSE(world.settle());
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

}  // namespace
}  // namespace berth::reconcilers
