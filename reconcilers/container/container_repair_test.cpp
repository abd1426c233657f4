// SPDX-License-Identifier: Apache-2.0
// onUnhealthy: repairs, later and later, and no more than five of them.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::World;
using Names = std::vector<std::string>;

std::string checked(const char* what) {
  return std::string(R"({"healthcheck":{"test":["CMD","true"]},"onUnhealthy":")") + what + "\"}";
}

class RepairTest : public ::testing::Test {
 protected:
  std::string text(const char* path) { return std::string(base::string_at(world.engine.inspect("web"), path)); }
  // One more failure of the healthcheck, and what one pass does about it at this moment.
  controller::Requeue fall_ill() {
    engine.set_health("web", "unhealthy");
    world.refresh();
    return world.pass();
  }

  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(RepairTest, UnlessToldSoNothingIsDone) {
  world.create("web", checked("None"));
  EXPECT_FALSE(world.settle());
  engine.reset_counters();
  fall_ill();
  EXPECT_EQ(engine.writes(), 0);
  EXPECT_EQ(world.condition("Ready"), "False Unhealthy");
}

TEST_F(RepairTest, ARestartComesAtOnceThenLaterAndLaterAndThenNoMore) {
  world.create("web", checked("Restart"));
  EXPECT_FALSE(world.settle());
  const std::string id = text("Id");
  engine.reset_counters();
  fall_ill();
  EXPECT_EQ(engine.calls("container_restart"), 1);
  EXPECT_EQ(world.status().repairs->count, 1);
  EXPECT_EQ(world.condition("Ready"), "False HealthStarting");
  std::uint64_t done = 1;
  for (const int delay : {10, 20, 40, 80}) {
    const controller::Requeue again = fall_ill();
    EXPECT_EQ(engine.calls("container_restart"), done) << "not yet";
    ASSERT_TRUE(again.delay());
    EXPECT_EQ(*again.delay(), seconds(delay));
    EXPECT_EQ(world.message("Ready"),
              "its healthcheck fails; it was restarted " + std::to_string(done) + " of 5 times for that");
    world.clock.advance(seconds(delay));
    world.pass();
    EXPECT_EQ(engine.calls("container_restart"), ++done);
  }
  const controller::Requeue again = fall_ill();
  EXPECT_FALSE(again.delay());
  world.clock.advance(minutes(60));
  world.pass();
  EXPECT_EQ(engine.calls("container_restart"), 5);
  EXPECT_EQ(world.condition("Stalled"), "True RepairsExhausted");
  EXPECT_EQ(text("Id"), id);
  world.expect_steady();
  for (const base::Json& event : world.list("Event")) {
    if (base::string_at(event, "reason") == "Unhealthy") EXPECT_EQ(base::int_at(event, "count"), 5);
  }
  EXPECT_EQ(std::ranges::count(world.event_reasons(), "Unhealthy"), 1);

  // Restarted on request, it has its budget again.
  world.patch("web", R"({"metadata":{"annotations":{"berth.dev/restartedAt":"now"}}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_restart"), 6);
  EXPECT_FALSE(world.status().repairs);
  fall_ill();
  EXPECT_EQ(engine.calls("container_restart"), 7);
}

TEST_F(RepairTest, TenMinutesOfHealthBeginAnew) {
  world.create("web", checked("Restart"));
  EXPECT_FALSE(world.settle());
  fall_ill();
  engine.set_health("web", "healthy");
  world.refresh();
  const controller::Requeue again = world.pass();
  ASSERT_TRUE(again.delay());
  EXPECT_EQ(*again.delay(), minutes(10));
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_TRUE(world.status().repairs);
  world.clock.advance(minutes(10));
  world.pass();
  EXPECT_FALSE(world.status().repairs);
  world.expect_steady();
}

TEST_F(RepairTest, AnotherSpecBeginsAnew) {
  world.create("web", checked("Restart"));
  EXPECT_FALSE(world.settle());
  fall_ill();
  engine.on_start("busybox", {.health = "healthy"});
  world.patch("web", R"({"spec":{"env":[{"name":"A","value":"2"}]}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_FALSE(world.status().repairs);
}

TEST_F(RepairTest, MadeAgainWithItsData) {
  engine.set_image_volumes("busybox", {"/data"});
  world.create("web", checked("Recreate"));
  EXPECT_FALSE(world.settle());
  const std::string id = text("Id");
  const Names volumes = engine.volumes();
  fall_ill();
  EXPECT_NE(text("Id"), id);
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(engine.volumes(), volumes);
  EXPECT_LE(world.most_running, 1);
  EXPECT_EQ(world.status().repairs->count, 1);
  EXPECT_EQ(world.condition("Ready"), "False HealthStarting");
  engine.set_health("web", "healthy");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  const std::string next = text("Id");
  fall_ill();
  EXPECT_EQ(text("Id"), next) << "not yet";
}

TEST_F(RepairTest, ARepairOnRecordIsDoneOnceAlsoWhenItWasCutShort) {
  world.create("web", checked("Restart"));
  EXPECT_FALSE(world.settle());
  engine.reset_counters();
  engine.cut_after_effect("container_restart");
  engine.set_health("web", "unhealthy");
  world.settle_through_errors();
  EXPECT_EQ(engine.calls("container_restart"), 1) << "it happened, though nobody was told";
  EXPECT_EQ(world.status().repairs->count, 1);
}

TEST_F(RepairTest, WhoIsPausedOrStoppedIsLeftAlone) {
  world.create("web", checked("Restart"));
  EXPECT_FALSE(world.settle());
  engine.set_health("web", "unhealthy");
  world.patch("web", R"({"spec":{"desiredState":"Paused"}})");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_restart"), 0);
  EXPECT_EQ(text("State.Status"), "paused");
}

}  // namespace
}  // namespace berth::reconcilers
