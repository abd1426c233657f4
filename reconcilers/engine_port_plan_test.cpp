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
            "start shop-db-1, shop-web-2\n");
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
