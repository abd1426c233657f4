// SPDX-License-Identifier: Apache-2.0
// Labels can be copied: a container with all of ours is taken over when it is what the spec says, and replaced when
// not.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using testing::Flavour;
using testing::World;
using Names = std::vector<std::string>;

class OriginTest : public ::testing::TestWithParam<Flavour> {
 protected:
  // While nobody looks, `web` is made again by hand with its labels and what `change` does to the rest.
  std::string make_again(const std::function<void(base::JsonObject&)>& change) {
    engine.deliver_events(fake_engine::FakeEngine::EventDelivery::Lost);
    Json body = engine.create_body("web");
    change(body.as_object());
    engine.remove("web");
    engine.run("web", body);
    engine.reset_counters();
    return std::string(base::string_at(engine.inspect("web"), "Id"));
  }
  std::string id() { return std::string(base::string_at(engine.inspect("web"), "Id")); }
  World world{GetParam()};
  fake_engine::FakeEngine& engine = world.engine;
};

INSTANTIATE_TEST_SUITE_P(Engines, OriginTest, ::testing::Values(Flavour::Engine20, Flavour::Engine29),
                         [](const auto& at) { return at.param == Flavour::Engine20 ? "Engine20" : "Engine29"; });

constexpr const char* kSpec = R"({"command":["sleep"],"args":["100"],"env":[{"name":"A","value":"1"}],
                                  "ports":[{"containerPort":80,"hostPort":8080}],
                                  "mounts":[{"type":"Bind","source":"/srv","target":"/srv"}]})";

TEST_P(OriginTest, TheSameIsTakenOver) {
  world.create("web", kSpec);
  ASSERT_FALSE(world.settle());
  const std::string made = make_again([](base::JsonObject&) {});
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(id(), made);
  EXPECT_EQ(engine.writes(), 0u);
  EXPECT_EQ(engine.calls("image_inspect"), 1u) << "compared once";
  EXPECT_EQ(world.status().container_id, made);
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
  // And not again, also by a process that has seen nothing of it.
  world.between = {};
  world.expect_steady();
}

TEST_P(OriginTest, AnotherIsReplaced) {
  const std::vector<std::pair<const char*, std::function<void(base::JsonObject&)>>> changes = {
      {"spec.args", [](base::JsonObject& body) { body["Cmd"] = base::JsonArray{"7"}; }},
      {"spec.env[A]", [](base::JsonObject& body) { body["Env"] = base::JsonArray{"A=2"}; }},
      {"spec.env[B]", [](base::JsonObject& body) { body["Env"].as_array().push_back("B=2"); }},
      {"spec.mounts", [](base::JsonObject& body) { body["HostConfig"].as_object().erase("Mounts"); }},
      {"spec.ports", [](base::JsonObject& body) { body["HostConfig"].as_object().erase("PortBindings"); }},
      {"spec.privileged", [](base::JsonObject& body) { body["HostConfig"].as_object()["Privileged"] = true; }}};
  world.create("web", kSpec);
  ASSERT_FALSE(world.settle());
  const std::string wanted = base::to_canonical(engine.create_body("web"));
  for (const auto& [field, change] : changes) {
    SCOPED_TRACE(field);
    const std::string made = make_again(change);
    EXPECT_FALSE(world.settle());
    EXPECT_NE(id(), made);
    EXPECT_EQ(base::to_canonical(engine.create_body("web")), wanted);
    EXPECT_EQ(engine.containers(), Names{"web"});
    EXPECT_EQ(world.status().container_id, id());
    EXPECT_TRUE(world.status().spec_hash);
    EXPECT_EQ(world.condition("Ready"), "True Running");
    EXPECT_EQ(engine.calls("image_inspect"), 1u);
    world.expect_steady();
  }
  EXPECT_EQ(std::ranges::count(world.event_reasons(), "NotAsLabelled"), static_cast<int>(changes.size()));
}

// Its label is not taken for true in between either, by whomever.
TEST_P(OriginTest, AnotherIsReplacedAlsoByAProcessThatBeginsInTheMiddle) {
  world.create("web", kSpec);
  ASSERT_FALSE(world.settle());
  const std::string made = make_again([](base::JsonObject& body) { body["Cmd"] = base::JsonArray{"7"}; });
  world.refresh();
  engine.fail("container_stop", 500, "cannot stop: busy");
  EXPECT_TRUE(world.settle());
  EXPECT_EQ(world.status().container_id, made);
  world.between = {};
  EXPECT_FALSE(world.settle());
  EXPECT_NE(id(), made);
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
}

// A new server over the same engine, or a process that died between a create and its status.
TEST_P(OriginTest, WhatNoStatusNamesIsComparedAndKept) {
  world.create("web", kSpec);
  engine.cut_after_effect("container_create");
  EXPECT_TRUE(world.settle());
  const std::string made = id();
  world.between = {};
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(id(), made);
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
}

TEST_P(OriginTest, WithoutItsImageNothingIsDoubted) {
  world.create("web", kSpec);
  ASSERT_FALSE(world.settle());
  const std::string made = make_again([](base::JsonObject&) {});
  engine.fail("image_inspect", 404, "No such image");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(id(), made);
  world.expect_steady();
}

}  // namespace
}  // namespace berth::reconcilers
