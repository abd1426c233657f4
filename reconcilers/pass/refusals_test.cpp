// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using controller::Key;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::World;

TEST(Refusals, WaitLongerEachTimeUpToALimit) {
  Refusals refusals;
  const Key key{"default", "web"};
  base::SteadyTime now{};
  const Refusals::Delays delays{seconds(1), seconds(60)};
  milliseconds expected = delays.first;
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(refusals.find(key, "create", now));
    EXPECT_EQ(refusals.add(key, "create", base::bad_request("no"), now, delays).again, expected);
    EXPECT_EQ(refusals.find(key, "create", now + milliseconds(500))->again, expected - milliseconds(500));
    now += expected;
    expected = std::min(2 * expected, delays.most);
  }
}

TEST(Refusals, AnotherRequestIsAnotherMatter) {
  Refusals refusals;
  const Key key{"default", "web"};
  refusals.add(key, "create one", base::bad_request("no"), {}, {});
  EXPECT_FALSE(refusals.find(key, "create two", {}));
  EXPECT_EQ(refusals.add(key, "create two", base::bad_request("no"), {}, {}).again, seconds(10));
}

class RefusedTest : public ::testing::Test {
 protected:
  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(RefusedTest, InvalidCreateIsNotTriedAtEachWake) {
  engine.fail("container_create", 400, "invalid mount config", 100);
  world.create("web");
  for (int i = 0; i < 5; ++i) {
    world.refresh();
    EXPECT_EQ(world.pass().delay(), seconds(10));
  }
  EXPECT_EQ(engine.calls("container_create"), 1u);
  EXPECT_EQ(world.condition("Ready"), "False CreateFailed");
  EXPECT_EQ(world.condition("Stalled"), "True CreateFailed");
  EXPECT_NE(world.message("Ready").find("invalid mount config"), std::string::npos);
  EXPECT_EQ(world.event_reasons(), std::vector<std::string>{"Failed"});
  EXPECT_EQ(base::int_at(world.list("Event").front(), "count"), 1);
  const std::size_t records = world.audit_records();
  const store::Revision revision = world.resources->revision();
  world.pass();
  EXPECT_EQ(world.audit_records(), records);
  EXPECT_EQ(world.resources->revision(), revision);
  world.clock.advance(seconds(10));
  EXPECT_EQ(world.pass().delay(), seconds(20));
  EXPECT_EQ(engine.calls("container_create"), 2u);
}

TEST_F(RefusedTest, AMountsPathThatTheHostHasNotIsNamed) {
  engine.fail("container_create", 400,
              "invalid mount config for type \"bind\": bind source path does not exist: /srv/shop");
  world.create("web");
  world.refresh();
  world.pass();
  EXPECT_EQ(world.condition("Stalled"), "True CreateFailed");
  EXPECT_TRUE(world.message("Ready").starts_with("host local has no \"/srv/shop\", which a mount starts from: "))
      << world.message("Ready");
}

TEST_F(RefusedTest, AnotherSpecIsTriedAtOnce) {
  engine.fail("container_create", 400, "invalid mount config");
  world.create("web");
  world.refresh();
  world.pass();
  world.patch("web", R"({"metadata":{"labels":{"a":"b"}},"spec":{"stopTimeout":3}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_create"), 2u);
  EXPECT_EQ(world.condition("Ready"), "True Running");
}

TEST_F(RefusedTest, WhatMayPassIsTriedAsOtherFailuresAre) {
  engine.fail("container_create", 500, "no space left on device");
  world.create("web");
  EXPECT_TRUE(world.settle());
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_create"), 2u);
}

}  // namespace
}  // namespace berth::reconcilers
