// SPDX-License-Identifier: Apache-2.0
// What the namespace lets run counts again before each create on the engine.
#include "reconcilers/container/namespace_policy.hpp"
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

  // Whom the loop over namespaces would wake.
  Names woken() {
    Names names;
    NamespacePolicy policy(*world.resources, [&names](const controller::Key& key) { names.push_back(key.name); });
    base::run(policy.reconcile({"", "default"}));
    return names;
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
  EXPECT_EQ(world.condition("Allowed"), "absent");
  enforce("restricted");
  EXPECT_EQ(woken(), Names{"web"});
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(world.condition("Allowed"), "False PolicyViolated");
  EXPECT_NE(world.message("Allowed").find("privileged (spec.privileged must not be true)"), std::string::npos);
  world.expect_steady();
  EXPECT_EQ(woken(), Names{}) << "it is said";
  enforce("privileged");
  EXPECT_EQ(woken(), Names{"web"});
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Allowed"), "absent");
}

}  // namespace
}  // namespace berth::reconcilers
