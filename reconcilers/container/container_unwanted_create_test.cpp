// SPDX-License-Identifier: Apache-2.0
// A create that takes its effect when nobody wants it any more: its object is gone, or lets go of what is there.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::Task;
using testing::World;
using Names = std::vector<std::string>;

constexpr const char* kLetGo = R"({"metadata":{"finalizers":null}})";

class UnwantedCreateTest : public ::testing::Test {
 protected:
  // While the engine is at its first create.
  void when_created(std::function<void()> act) {
    engine.after_each_write([act = std::move(act), done = false](const std::string& operation) mutable {
      if (operation == "container_create" && !std::exchange(done, true)) act();
    });
  }
  void delete_by_force() {
    world.remove("web");
    world.patch("web", kLetGo);
  }
  void pass_until_gone() {
    world.settle_through_errors();
    EXPECT_FALSE(world.exists("web"));
    EXPECT_FALSE(world.settle());
  }

  // The engine does at last what it was asked for.
  void land(const schemas::ObjectMeta& metadata) {
    base::JsonObject labels;
    for (const auto& [key, value] : owner_labels(world.resources->instance(), metadata, "h1:0")) labels[key] = value;
    const Json body = base::JsonObject{{"Image", "busybox:latest"}, {"Labels", std::move(labels)}};
    fake_engine::on_loop(world.loop, create(body));
  }
  Task<void> create(Json body) {
    co_await world.engines->find("local")->client().create_container("web", std::move(body), "");
  }

  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(UnwantedCreateTest, IsTakenBackWhenItsObjectWasGoneMeanwhile) {
  world.create("web");
  when_created([this] { delete_by_force(); });
  pass_until_gone();
  EXPECT_EQ(engine.containers(), Names{});
  EXPECT_EQ(engine.calls("container_start"), 0u);
  const std::string records = world.audit_text();
  EXPECT_NE(records.find(R"("action":"remove")"), std::string::npos) << "on record like every engine action";
  const std::uint64_t calls = engine.total();
  world.pass();
  EXPECT_EQ(engine.total(), calls);
}

TEST_F(UnwantedCreateTest, IsTakenBackWhenItsObjectLetsGoOfWhatIsThere) {
  world.create("web", R"({"deletionPolicy":"Orphan"})");
  when_created([this] { world.remove("web"); });
  pass_until_gone();
  EXPECT_EQ(engine.containers(), Names{}) << "nothing was there when it was asked to let go";
}

TEST_F(UnwantedCreateTest, OfAReplaceTakesNothingElse) {
  world.create("web", R"({"deletionPolicy":"Orphan"})");
  EXPECT_FALSE(world.settle());
  world.patch("web", R"({"spec":{"env":[{"name":"A","value":"2"}]}})");
  when_created([this] { world.remove("web"); });
  pass_until_gone();
  EXPECT_EQ(engine.containers(), Names{"web"}) << "the one that was there is the orphan";
  EXPECT_EQ(engine.running(), Names{"web"});
}

TEST_F(UnwantedCreateTest, IsFoundWhenNobodyHeardTheAnswer) {
  world.create("web");
  engine.cut_after_effect("container_create");
  when_created([this] { delete_by_force(); });
  pass_until_gone();
  EXPECT_EQ(engine.containers(), Names{});
}

TEST_F(UnwantedCreateTest, IsFoundWhenItComesLate) {
  world.create("web");
  engine.fail("container_create", 503, "busy");
  world.refresh();
  const schemas::ObjectMeta metadata = schemas::decode_container(world.get("web")).metadata;
  EXPECT_THROW(world.pass(), base::Status);
  delete_by_force();
  EXPECT_EQ(world.pass().delay(), UnfinishedCreates::kLookAgain) << "not there yet";
  land(metadata);
  world.refresh();
  EXPECT_EQ(world.pass().delay(), std::nullopt);
  EXPECT_EQ(engine.containers(), Names{});
}

TEST_F(UnwantedCreateTest, WhatNobodyHereHasAskedForStays) {
  world.create("web");
  const schemas::ObjectMeta metadata = schemas::decode_container(world.get("web")).metadata;
  delete_by_force();
  land(metadata);
  world.refresh();
  EXPECT_EQ(world.pass().delay(), std::nullopt) << "as after a start of berthd, or with a backup's data";
  EXPECT_EQ(engine.containers(), Names{"web"});
}

TEST_F(UnwantedCreateTest, IsNotWaitedForForEver) {
  world.create("web");
  engine.fail("container_create", 503, "busy");
  world.refresh();
  EXPECT_THROW(world.pass(), base::Status);
  delete_by_force();
  world.clock.advance(UnfinishedCreates::kForgetAfter + std::chrono::seconds(1));
  EXPECT_EQ(world.pass().delay(), std::nullopt);
}

TEST_F(UnwantedCreateTest, IsTakenOverByTheNextOfItsName) {
  world.create("web");
  when_created([this] {
    delete_by_force();
    world.create("web");
  });
  world.settle_through_errors();
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(engine.containers(), Names{"web"});
  world.expect_steady();
}

TEST_F(UnwantedCreateTest, WhatWasEverStartedIsNeverTaken) {
  world.create("web");
  when_created([this] { delete_by_force(); });
  world.refresh();
  EXPECT_GE(world.pass().delay(), std::chrono::milliseconds(0));
  engine.start("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.running(), Names{"web"}) << "somebody has taken it into use";
}

TEST_F(UnwantedCreateTest, AnOrphanOfLongAgoStays) {
  world.create("web", R"({"desiredState":"Stopped","deletionPolicy":"Orphan"})");
  engine.cut_after_effect("container_create");
  world.settle_through_errors();
  EXPECT_EQ(engine.containers(), Names{"web"});
  world.remove("web");
  pass_until_gone();
  EXPECT_EQ(engine.containers(), Names{"web"}) << "its object had it";
}

}  // namespace
}  // namespace berth::reconcilers
