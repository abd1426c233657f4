// SPDX-License-Identifier: Apache-2.0
// What the namespace lets run counts again before each create on the engine.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using testing::World;
using Names = std::vector<std::string>;

class PolicyTest : public ::testing::Test {
 protected:
  void enforce(const std::string& level) {
    world.patch("default", R"({"metadata":{"labels":{"berth.dev/enforce":")" + level + "\"}}}", "Namespace");
  }

  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(PolicyTest, ALevelThatRoseMeanwhileKeepsItFromBeingMade) {
  world.create("web", R"({"privileged":true})");
  enforce("baseline");
  const auto error = world.settle();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->reason(), base::Reason::Forbidden);
  EXPECT_EQ(engine.running(), Names{});
  EXPECT_EQ(world.condition("Ready"), "False CreateFailed");
  EXPECT_NE(world.message("Ready").find("violates berth.dev/enforce \"baseline\""), std::string::npos);
  EXPECT_EQ(world.audit_text().find(R"("action":"create")"), std::string::npos) << "nothing was going to be called";
  enforce("privileged");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"});
}

TEST_F(PolicyTest, WhatRunsGoesOn) {
  world.create("web", R"({"privileged":true})");
  EXPECT_FALSE(world.settle());
  enforce("restricted");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"});
  world.expect_steady();
}

}  // namespace
}  // namespace berth::reconcilers
