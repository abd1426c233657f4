// SPDX-License-Identifier: Apache-2.0
// What happens between two steps: another wish, another clock, an answer that nobody heard.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using testing::Flavour;
using testing::World;
using Names = std::vector<std::string>;

// While the old one is being stopped, somebody asks for something else.
class OvertakenTest : public ::testing::TestWithParam<Flavour> {
 protected:
  void when_stopped(std::function<void()> act) {
    engine.after_each_write([act = std::move(act), done = false](const std::string& operation) mutable {
      if (operation == "container_stop" && !std::exchange(done, true)) act();
    });
  }
  void begin() {
    world.create("web");
    world.settle();
    world.patch("web", R"({"spec":{"env":[{"name":"A","value":"2"}]}})");
  }
  World world{GetParam()};
  fake_engine::FakeEngine& engine = world.engine;
};

INSTANTIATE_TEST_SUITE_P(Engines, OvertakenTest, ::testing::Values(Flavour::Engine20, Flavour::Engine29),
                         [](const auto& at) { return at.param == Flavour::Engine20 ? "Engine20" : "Engine29"; });

TEST_P(OvertakenTest, ByAStopStartsNothingMore) {
  begin();
  when_stopped([this] { world.patch("web", R"({"spec":{"desiredState":"Stopped"}})"); });
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_start"), 1u);
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(world.condition("Ready"), "True Stopped");
  world.expect_steady();
}

TEST_P(OvertakenTest, ByADeletionStartsNothingMore) {
  begin();
  when_stopped([this] { world.remove("web"); });
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_start"), 1u);
  EXPECT_EQ(engine.containers(), Names{});
  EXPECT_FALSE(world.exists("web"));
}

TEST_P(OvertakenTest, BySuspensionStartsNothingMore) {
  begin();
  when_stopped([this] { world.patch("web", R"({"spec":{"suspend":true}})"); });
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_start"), 1u);
  EXPECT_EQ(world.condition("Drifted"), "True Suspended");
}

TEST_P(OvertakenTest, ByItsOwnStatusGoesOn) {
  begin();
  world.refresh();
  EXPECT_GT(world.pass().delay(), std::chrono::milliseconds(0)) << "one pass as far as the gate";
  EXPECT_EQ(engine.calls("container_start"), 2u);
}

// The engine's clock is not ours, ahead or behind.
class SkewTest : public ::testing::TestWithParam<int> {
 protected:
  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

INSTANTIATE_TEST_SUITE_P(Hours, SkewTest, ::testing::Values(-5, 5),
                         [](const auto& at) { return at.param < 0 ? "Behind" : "Ahead"; });

TEST_P(SkewTest, NewOneHasItsSecond) {
  world.clock.advance(std::chrono::hours(GetParam()));
  world.create("web");
  world.settle();
  world.patch("web", R"({"spec":{"env":[{"name":"A","value":"2"}]}})");
  world.refresh();
  EXPECT_EQ(world.pass().delay(), std::chrono::seconds(1));
  EXPECT_EQ(engine.containers().size(), 2u);
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(world.condition("Ready"), "True Running");
}

TEST_P(SkewTest, NewOneHasItsDeadline) {
  world.clock.advance(std::chrono::hours(GetParam()));
  world.create("web", R"({"update":{"progressDeadlineSeconds":5}})");
  world.settle();
  world.patch("web", R"({"spec":{"healthcheck":{"test":["CMD","true"]}}})");
  world.refresh();
  EXPECT_EQ(world.pass().delay(), std::chrono::seconds(5));
  EXPECT_EQ(world.condition("Ready"), "False Updating");
  world.clock.advance(std::chrono::seconds(4));
  EXPECT_EQ(world.pass().delay(), std::chrono::seconds(1));
  world.clock.advance(std::chrono::seconds(1));
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "False RolledBack");
}

// The engine has acted, and nobody was there to note it.
class TokenTest : public ::testing::Test {
 protected:
  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(TokenTest, RestartIsNotDoneAgain) {
  world.create("web");
  world.settle();
  world.patch("web", R"({"metadata":{"annotations":{"berth.dev/restartedAt":"t1"}}})");
  engine.cut_after_effect("container_restart");
  world.settle_through_errors();
  EXPECT_EQ(engine.calls("container_restart"), 1u);
  EXPECT_EQ(world.status().handled->restarted_at, "t1");
  EXPECT_FALSE(world.status().handled->restart);
  world.expect_steady();
  world.patch("web", R"({"metadata":{"annotations":{"berth.dev/restartedAt":"t2"}}})");
  world.settle();
  EXPECT_EQ(engine.calls("container_restart"), 2u);
}

TEST_F(TokenTest, RestartThatDidNotHappenIsDone) {
  world.create("web");
  world.settle();
  world.patch("web", R"({"metadata":{"annotations":{"berth.dev/restartedAt":"t1"}}})");
  engine.cut_before_effect("container_restart");
  world.settle_through_errors();
  EXPECT_EQ(engine.calls("container_restart"), 2u);
  EXPECT_EQ(world.status().handled->restarted_at, "t1");
  world.expect_steady();
}

TEST_F(TokenTest, StartIsNotFollowedByARestart) {
  world.create("web", "{}", R"({"berth.dev/restartedAt":"t1"})");
  engine.cut_after_effect("container_start");
  world.settle_through_errors();
  EXPECT_EQ(engine.calls("container_restart"), 0u);
  EXPECT_EQ(world.status().handled->restarted_at, "t1");
  world.expect_steady();
}

TEST_F(TokenTest, OneShotThatEndedAtOnceIsNotRunAgain) {
  engine.on_start("busybox:latest", {"", 0, 0, ""});
  world.create("web", R"({"restartPolicy":"Never"})");
  world.settle();
  world.patch("web", R"({"metadata":{"annotations":{"berth.dev/restartedAt":"t1"}}})");
  engine.cut_after_effect("container_start");
  world.settle_through_errors();
  EXPECT_EQ(engine.calls("container_start"), 2u);
  EXPECT_EQ(world.condition("Ready"), "True Completed");
  world.expect_steady();
}

}  // namespace
}  // namespace berth::reconcilers
