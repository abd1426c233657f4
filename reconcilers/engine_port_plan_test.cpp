// SPDX-License-Identifier: Apache-2.0
// Plans of what is not written: told from what there is, with no call and no write.
#include "reconcilers/engine_port.hpp"
#include "reconcilers/stack/stack_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using testing::StackWorld;

class PlanTest : public ::testing::Test {
 protected:
  PlanTest() {
    world.create_stack(
        "services: {web: {image: busybox, command: [sleep, \"9\"], restart: always, network_mode: bridge}}");
    world.settle_stack();
    world.refresh();
  }
  // Of the object as it is, changed by a merge of its spec.
  Json plan(const std::string& kind, const std::string& name, const std::string& spec) {
    Json candidate = world.get(name, kind);
    const Json changes = base::parse_json(spec);
    for (const auto& member : changes.as_object()) {
      candidate.at("spec").as_object()[member.key()] = member.value();
    }
    const std::uint64_t calls = world.engine.total();
    const store::Revision revision = world.resources->revision();
    const std::size_t records = world.audit_records();
    DockerPort port(*world.resources, *world.engines, *world.pulls, world.clock);
    Json made;
    world.loop.run_and_wait([&] { return ask(port, candidate, made); });
    EXPECT_EQ(world.engine.total(), calls);
    EXPECT_EQ(world.resources->revision(), revision);
    EXPECT_EQ(world.audit_records(), records);
    return made;
  }
  static base::Task<void> ask(DockerPort& port, Json candidate, Json& made) {
    made = co_await port.plan(std::move(candidate));
  }
  static std::string text(const Json& plan) { return std::string(base::string_at(plan, "text")); }

  StackWorld world;
};

TEST_F(PlanTest, OfAContainerTellsFieldsAndStepsOnTheEngine) {
  const Json made = plan("Container", "shop-web-1", R"({"user":"1000"})");
  EXPECT_TRUE(
      text(made).starts_with("replace Container shop-web-1\n  spec.user: nothing -> \"1000\"\n"
                             "start shop-web-1\nengine: create shop-web-1__"))
      << text(made);
  EXPECT_EQ(made.at("changes").at(0).at("fields").at(0).at("path").as_string(), "spec.user");
}

TEST_F(PlanTest, OfAContainerAsItIsIsNothing) {
  EXPECT_EQ(text(plan("Container", "shop-web-1", "{}")), "nothing to do\n");
}

TEST_F(PlanTest, OfAStackIsOfItsObjects) {
  const Json made = plan("ComposeStack", "shop",
                         R"({"compose":"services: {web: {image: busybox, command: [sleep, \"9\"], restart: always, )"
                         R"(network_mode: bridge, deploy: {replicas: 2}}, db: {image: busybox}}"})");
  EXPECT_EQ(text(made),
            "create Network shop-default-4aececf0\ncreate Container shop-db-1\ncreate Container shop-web-2\n"
            "start shop-db-1, shop-web-2\n"
            "engine: shop-web-2: pin shop-web-2 to " +
                world.engine.image_id("busybox") +
                "\nengine: shop-web-2: create shop-web-2 from busybox\nengine: shop-web-2: start shop-web-2\n")
      << "shop-db-1 waits for its network";
}

constexpr const char* kAsItIs = "{}";

TEST_F(PlanTest, OfAStackAsItIsIsNothing) { EXPECT_EQ(text(plan("ComposeStack", "shop", kAsItIs)), "nothing to do\n"); }

TEST_F(PlanTest, OfAStackTellsWhatTheEngineLacks) {
  world.engine.kill("shop-web-1");
  world.refresh();
  const Json made = plan("ComposeStack", "shop", kAsItIs);
  EXPECT_EQ(text(made), "engine: shop-web-1: start shop-web-1\n");
  EXPECT_EQ(made.at("steps").as_array().size(), 1u);
  world.engine.remove("shop-web-1");
  world.refresh();
  EXPECT_EQ(text(plan("ComposeStack", "shop", kAsItIs)),
            "engine: shop-web-1: create shop-web-1 from busybox\nengine: shop-web-1: start shop-web-1\n");
}

TEST_F(PlanTest, OfAStackTellsWhatItWouldStopOrTakeAway) {
  EXPECT_EQ(text(plan("ComposeStack", "shop", R"({"desiredState":"Stopped"})")),
            "engine: shop-web-1: update shop-web-1 {\"RestartPolicy\":{\"Name\":\"no\"}}\n"
            "engine: shop-web-1: stop shop-web-1 (desiredState is Stopped)\n");
  const std::string removed = text(plan("ComposeStack", "shop", R"({"compose":"services: {}"})"));
  EXPECT_EQ(removed,
            "remove Container shop-web-1\n"
            "engine: shop-web-1: stop shop-web-1 (deleted)\nengine: shop-web-1: remove shop-web-1 (deleted)\n");
}

TEST_F(PlanTest, OfAStackWhoseHostIsAwaySaysSoOnce) {
  world.engine.go_away();
  world.wait_for(docker::Reachability::Unreachable);
  const std::string said = text(plan("ComposeStack", "shop", kAsItIs));
  EXPECT_TRUE(said.starts_with("engine: nothing yet: ")) << said;
  EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
}

TEST_F(PlanTest, SaysWhatWouldBeRefused) {
  world.create("shop-db-1");
  world.patch("default", R"({"metadata":{"labels":{"berth.dev/enforce":"baseline"}}})", "Namespace");
  const std::string said = text(plan(
      "ComposeStack", "shop",
      R"({"compose":"services: {web: {image: busybox, privileged: true, network_mode: bridge}, db: {image: busybox}}"})"));
  EXPECT_NE(said.find("refused Container shop-db-1 is there already"), std::string::npos) << said;
  EXPECT_NE(said.find("refused containers.berth.dev \"shop-web-1\" is forbidden"), std::string::npos) << said;
}

}  // namespace
}  // namespace berth::reconcilers
