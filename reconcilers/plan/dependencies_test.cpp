// SPDX-License-Identifier: Apache-2.0
// dependsOn: starts wait for others, restarts follow them.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using testing::World;
using Names = std::vector<std::string>;

constexpr const char* kChecked = R"({"healthcheck":{"test":["CMD","true"]}})";

std::string after(const char* name, const char* condition = "Started", const char* more = "") {
  return std::string(R"({"dependsOn":[{"containerRef":{"name":")") + name + R"("},"condition":")" + condition + "\"" +
         more + "}]}";
}

class DependenciesTest : public ::testing::Test {
 protected:
  std::string started(const char* name) {
    return std::string(base::string_at(world.engine.inspect(name), "State.StartedAt"));
  }

  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

TEST_F(DependenciesTest, AStartWaitsUntilTheOtherIsHealthy) {
  world.create("db", kChecked);
  world.create("web", after("db", "Healthy"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(engine.containers(), Names{"web"}) << "made meanwhile";
  EXPECT_EQ(world.condition("Ready"), "False WaitingForDependencies");
  EXPECT_EQ(world.condition("Reconciling"), "True WaitingForDependencies");
  EXPECT_FALSE(world.settle("db"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.message("Ready"), "waits for Container \"db\" to be healthy: its healthcheck has not passed yet");
  EXPECT_EQ(engine.running(), Names{"db"});
  world.expect_steady();

  engine.set_health("db", "unhealthy");
  EXPECT_FALSE(world.settle("db"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.condition("Stalled"), "True DependencyFailed");
  EXPECT_EQ(world.message("Stalled"), "waits for Container \"db\" to be healthy: its healthcheck fails");

  engine.set_health("db", "healthy");
  EXPECT_FALSE(world.settle("db"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(engine.calls("container_create"), 2);
  world.expect_steady();
}

TEST_F(DependenciesTest, WithoutAHealthcheckNothingIsEverHealthy) {
  world.create("db");
  world.create("web", after("db", "Healthy"));
  EXPECT_FALSE(world.settle("db"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.message("Stalled"), "waits for Container \"db\" to be healthy: it has no healthcheck");
}

TEST_F(DependenciesTest, AStartWaitsUntilTheOtherHasCompleted) {
  world.create("job", R"({"restartPolicy":"Never"})");
  world.create("web", after("job", "Completed"));
  EXPECT_FALSE(world.settle("job"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.message("Ready"), "waits for Container \"job\" to be completed: it still runs");
  engine.exit("job", 0);
  EXPECT_FALSE(world.settle("job"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.condition("Ready"), "True Running");
}

TEST_F(DependenciesTest, AFailedJobStallsWhatWaitsForItsEndButNotForItsStart) {
  world.create("job", R"({"restartPolicy":"Never"})");
  world.create("web", after("job", "Completed"));
  world.create("aside", after("job"));
  EXPECT_FALSE(world.settle("job"));
  engine.exit("job", 3);
  for (const char* name : {"job", "web", "aside"}) EXPECT_FALSE(world.settle(name));
  EXPECT_EQ(world.message("Stalled"), "waits for Container \"job\" to be completed: exited with code 3");
  EXPECT_EQ(world.condition("Ready", "aside"), "True Running");
}

TEST_F(DependenciesTest, WhatNeverEndsIsNotWaitedForInHope) {
  world.create("db");
  world.create("web", after("db", "Completed"));
  EXPECT_FALSE(world.settle("db"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.message("Stalled"),
            "waits for Container \"db\" to be completed: it never ends, its restartPolicy is Always");
}

TEST_F(DependenciesTest, OneThatIsMissingIsAReferenceThatDoesNotResolve) {
  world.create("web", after("db"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.condition("ReferencesResolved"), "False NotFound");
  EXPECT_EQ(world.message("ReferencesResolved"),
            "spec.dependsOn[0].containerRef: containers.berth.dev \"db\" not found");
  world.create("db");
  EXPECT_FALSE(world.settle("db"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(world.condition("ReferencesResolved"), "True Resolved");
}

TEST_F(DependenciesTest, AHumansStopIsSaidToThoseWhoWait) {
  world.create("db", R"({"desiredState":"Stopped"})");
  world.create("web", after("db"));
  EXPECT_FALSE(world.settle("db"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.message("Stalled"), "waits for Container \"db\" to be started: its desiredState is Stopped");
}

// That it was stopped, and has not ended, must outlast what Ready says of it meanwhile.
TEST_F(DependenciesTest, AOneShotThatWasStoppedGoesOnAfterItHasWaited) {
  world.create("db");
  world.create("web", R"({"restartPolicy":"Never","dependsOn":[{"containerRef":{"name":"db"}}]})");
  for (const char* name : {"db", "web"}) EXPECT_FALSE(world.settle(name));
  for (const char* name : {"web", "db"}) {
    world.patch(name, R"({"spec":{"desiredState":"Stopped"}})");
    EXPECT_FALSE(world.settle(name));
  }
  world.patch("web", R"({"spec":{"desiredState":"Running"}})");
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.condition("Stalled"), "True DependencyFailed");
  world.patch("db", R"({"spec":{"desiredState":"Running"}})");
  for (const char* name : {"db", "web"}) EXPECT_FALSE(world.settle(name));
  EXPECT_EQ(engine.running(), (Names{"db", "web"}));
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_FALSE(world.status().interrupted_start);

  engine.kill("web");
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.condition("Ready"), "False Failed") << "this time it has ended";
}

TEST_F(DependenciesTest, ACircleIsNamed) {
  world.create("web", after("db"));
  world.create("db", after("cache"));
  world.create("cache", after("db"));
  for (const char* name : {"web", "db", "cache"}) EXPECT_FALSE(world.settle(name));
  EXPECT_EQ(world.condition("Stalled", "db"), "True DependencyCircle");
  EXPECT_EQ(world.message("Stalled", "db"), "these wait for each other: db, cache, db");
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.condition("Stalled"), "True DependencyFailed") << "it is not in the circle itself";
  EXPECT_TRUE(engine.running().empty());

  world.patch("cache", R"({"spec":{"dependsOn":null}})");
  for (const char* name : {"cache", "db", "web"}) EXPECT_FALSE(world.settle(name));
  EXPECT_EQ(engine.running(), (Names{"cache", "db", "web"}));
}

TEST_F(DependenciesTest, OneThatWaitsForItselfIsACircle) {
  world.create("web", after("web"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.message("Stalled"), "these wait for each other: web, web");
}

TEST_F(DependenciesTest, WhatRunsGoesOn) {
  world.create("db");
  world.create("web", after("db"));
  EXPECT_FALSE(world.settle("db"));
  EXPECT_FALSE(world.settle("web"));
  world.patch("db", R"({"spec":{"desiredState":"Stopped"}})");
  EXPECT_FALSE(world.settle("db"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(engine.running(), Names{"web"});
}

TEST_F(DependenciesTest, ItFollowsOneThatIsReplacedOnceAndOnlyIfToldTo) {
  world.create("db");
  world.create("web", after("db", "Started", R"(,"restart":true)"));
  world.create("aside", after("db"));
  for (const char* name : {"db", "web", "aside"}) EXPECT_FALSE(world.settle(name));
  const std::string before = started("web");
  world.patch("db", R"({"spec":{"env":[{"name":"A","value":"2"}]}})");
  EXPECT_FALSE(world.settle("db"));
  engine.reset_counters();
  for (const char* name : {"web", "aside"}) EXPECT_FALSE(world.settle(name));
  EXPECT_EQ(engine.calls("container_restart"), 1);
  EXPECT_NE(started("web"), before);
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(engine.calls("container_restart"), 1);
  world.expect_steady();
  world.expect_steady("aside");
}

TEST_F(DependenciesTest, ItFollowsARestartOnRequestAndNoCrash) {
  world.create("db");
  world.create("web", after("db", "Started", R"(,"restart":true)"));
  for (const char* name : {"db", "web"}) EXPECT_FALSE(world.settle(name));
  engine.exit("db", 1);  // the engine starts it again
  world.clock.advance(std::chrono::seconds(2));
  for (const char* name : {"db", "web"}) EXPECT_FALSE(world.settle(name));
  EXPECT_EQ(engine.calls("container_restart"), 0);
  world.patch("db", R"({"metadata":{"annotations":{"berth.dev/restartedAt":"one"}}})");
  for (const char* name : {"db", "web"}) EXPECT_FALSE(world.settle(name));
  EXPECT_EQ(engine.calls("container_restart"), 2);
  for (const char* name : {"db", "web"}) EXPECT_FALSE(world.settle(name));
  EXPECT_EQ(engine.calls("container_restart"), 2);
}

TEST_F(DependenciesTest, AReplaceWaitsWithTheOldOneRunning) {
  world.create("db");
  world.create("web", after("db"));
  for (const char* name : {"db", "web"}) EXPECT_FALSE(world.settle(name));
  const std::string before = started("web");
  world.patch("db", R"({"spec":{"desiredState":"Stopped"}})");
  EXPECT_FALSE(world.settle("db"));
  world.patch("web", R"({"spec":{"env":[{"name":"A","value":"2"}]}})");
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(started("web"), before);
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(world.condition("Stalled"), "True DependencyFailed");
  world.patch("db", R"({"spec":{"desiredState":"Running"}})");
  EXPECT_FALSE(world.settle("db"));
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_EQ(engine.containers(), (Names{"db", "web"}));
}

}  // namespace
}  // namespace berth::reconcilers
