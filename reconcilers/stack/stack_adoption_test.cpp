// SPDX-License-Identifier: Apache-2.0
// A project that docker compose runs, and the stack that takes it over: by labels, of either version's names.
#include "reconcilers/stack/stack_adoption.hpp"

#include "reconcilers/stack/stack_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::string_at;
using testing::StackWorld;
using Names = std::vector<std::string>;

constexpr const char* kCompose = "services: {web: {image: busybox, network_mode: bridge, restart: always}}";
constexpr const char* kProject = R"({"metadata":{"annotations":{"berth.dev/adopt":"project"}}})";

class StackAdoptionTest : public ::testing::Test {
 protected:
  // As compose labels it; `more` is further members of the body.
  std::string run(const std::string& name, const std::string& more = "", const char* oneoff = "False") {
    world.engine.run(name, base::parse_json(R"({"Image":"busybox",)" + more +
                                            R"("HostConfig":{"RestartPolicy":{"Name":"always"}},"Labels":{
        "com.docker.compose.project":"shop","com.docker.compose.service":"web","com.docker.compose.oneoff":")" +
                                            oneoff + R"(","com.docker.compose.container-number":"1"}})"));
    world.engine.reset_counters();
    world.refresh();
    return std::string(string_at(world.engine.inspect(name), "Id"));
  }
  void take_over() {
    world.create_stack(kCompose);
    world.patch("shop", kProject, "ComposeStack");
    world.settle_stack();
  }
  std::string stalled() { return world.said("ComposeStack", "shop", "Stalled"); }
  std::string words() { return world.words("ComposeStack", "shop", "Stalled"); }

  StackWorld world;
};

TEST_F(StackAdoptionTest, OneOfTheOldNameIsFoundByItsLabelsAndRenamed) {
  const std::string id = run("shop_web_1");
  take_over();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Running")
      << world.words("ComposeStack", "shop", "Ready");
  EXPECT_EQ(world.engine.containers(), Names{"shop-web-1"});
  EXPECT_EQ(string_at(world.engine.inspect("shop-web-1"), "Id"), id);
  EXPECT_EQ(world.engine.writes(), 1) << "the rename";
  EXPECT_EQ(world.status("shop-web-1").adopted, id);
  EXPECT_NE(world.audit_text().find("\"rename\""), std::string::npos);
  EXPECT_TRUE(world.stack_status().warnings.empty());
}

TEST_F(StackAdoptionTest, NoneIsMadeBesideOneThatDiffersUntilThatIsGone) {
  const std::string id = run("shop_web_1", R"("User":"1000",)");
  take_over();
  EXPECT_EQ(stalled(), "True ChildStalled");
  EXPECT_EQ(words(),
            "Container shop-web-1: container shop_web_1 (" + id.substr(0, 12) +
                ") differs in spec.user; nothing was changed: declare it as it runs, or remove that container, "
                "and one is made as declared");
  EXPECT_EQ(world.engine.containers(), Names{"shop_web_1"});
  EXPECT_EQ(world.engine.writes(), 0);
  world.engine.remove("shop_web_1");
  world.refresh();
  world.settle_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Running")
      << world.words("ComposeStack", "shop", "Ready");
  EXPECT_EQ(world.engine.containers(), Names{"shop-web-1"});
}

TEST_F(StackAdoptionTest, OneThatItsOwnerMadeAgainIsTheOneToTakeOver) {
  run("shop_web_1", R"("User":"1000",)");
  take_over();
  EXPECT_EQ(stalled(), "True ChildStalled");
  world.engine.remove("shop_web_1");
  const std::string id = run("shop_web_1");
  world.settle_stack();
  EXPECT_EQ(world.status("shop-web-1").adopted, id);
  EXPECT_EQ(world.engine.writes(), 1) << "the rename";
}

TEST_F(StackAdoptionTest, TheNameOfAnotherIsNotTaken) {
  run("shop_web_1");
  world.engine.run("shop-web-1", base::parse_json(R"({"Image":"busybox"})"));
  world.engine.reset_counters();
  world.refresh();
  take_over();
  EXPECT_NE(words().find("container shop_web_1"), std::string::npos) << words();
  EXPECT_NE(words().find("differs in spec.containerName;"), std::string::npos) << words();
  EXPECT_EQ(world.engine.writes(), 0);
}

TEST_F(StackAdoptionTest, WhatRanOnceByHandIsNoServiceOfIt) {
  run("shop_web_run_1", "", "True");
  take_over();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Running");
  EXPECT_EQ(world.engine.containers(), (Names{"shop-web-1", "shop_web_run_1"}));
  EXPECT_FALSE(world.status("shop-web-1").adopted);
}

TEST_F(StackAdoptionTest, TheWishIsHeardAlsoWhereTheStackStandsInAnothersWay) {
  const std::string id = run("shop-web-1");
  world.create_stack(kCompose);
  world.settle_stack();
  ASSERT_EQ(stalled(), "True ChildStalled");
  world.patch("shop", kProject, "ComposeStack");
  world.settle_stack();
  EXPECT_EQ(world.said("ComposeStack", "shop", "Ready"), "True Running")
      << world.words("ComposeStack", "shop", "Ready");
  EXPECT_EQ(world.status("shop-web-1").adopted, id);
  EXPECT_EQ(world.engine.writes(), 0);
}

TEST_F(StackAdoptionTest, WhoHasAContainerTakesNoOtherOver) {
  world.create_stack(kCompose);
  world.settle_stack();
  run("shop_web_1");
  world.patch("shop", kProject, "ComposeStack");
  world.settle_stack();
  EXPECT_EQ(world.engine.containers(), (Names{"shop-web-1", "shop_web_1"}));
  EXPECT_EQ(world.engine.writes(), 0);
  EXPECT_EQ(world.stack_status().warnings.size(), 1U);
  EXPECT_EQ(adopt_of(world.get("shop-web-1")), "") << "nor is it told to";
}

}  // namespace
}  // namespace berth::reconcilers
