// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/container_actions.hpp"

#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using testing::World;
using Places = ContainerActions::Places;

class ActionPlacesTest : public ::testing::Test {
 protected:
  // On its own network, and on `shared`, which all are on.
  void run(const std::string& name) {
    engine.create_network(base::JsonObject{{"Name", name + "-own"}});
    engine.run(name, base::JsonObject{{"Image", "busybox:latest"},
                                      {"HostConfig", base::JsonObject{{"NetworkMode", name + "-own"}}}});
    engine.connect("shared", name);
  }
  Action action_on(ActionType type, const std::string& name) {
    Action action;
    action.type = type;
    action.id = base::string_at(engine.inspect(name), "Id");
    action.container = name;
    if (type == ActionType::Disconnect) action.subject = "shared";
    return action;
  }

  // web-0, web-1, ... are to be removed, and their stops hang.
  void stop_all_of(int count) {
    for (int i = 0; i < count; ++i) {
      // With a time of its own, so that a stop needs no inspect.
      world.create("web-" + std::to_string(i), "{}", R"({"berth.dev/stop":"{\"timeout\":5}"})");
      ASSERT_FALSE(world.settle("web-" + std::to_string(i)));
    }
    for (int i = 0; i < count; ++i) world.remove("web-" + std::to_string(i));
    ASSERT_TRUE(world.clock.wait_for_sleepers(1));
    engine.hang("container_stop", count);
  }
  void expect_all_gone(int count) {
    for (int i = 0; i < count; ++i) EXPECT_FALSE(world.settle("web-" + std::to_string(i)));
    EXPECT_TRUE(engine.containers().empty());
  }

  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

base::Task<void> take_for(ContainerActions& actions, std::shared_ptr<docker::Engine> engine,
                          const schemas::Container& container, Action action, std::optional<Places>& taken) {
  taken = co_await actions.take_turn(*engine, container, action);
}

base::Task<void> settle() {
  for (int i = 0; i < 20; ++i) co_await base::asio::post(base::use_task);
}

// Four hold places on the network that they share; whoever comes then waits, on whatever other network it is.
base::Task<void> take_and_give_back(ContainerActions& actions, std::shared_ptr<docker::Engine> engine,
                                    std::vector<Action> wanted) {
  const schemas::Container container;
  base::Scope scope(co_await base::this_loop(), "places");
  std::vector<std::optional<Places>> taken(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    scope.spawn(take_for(actions, engine, container, wanted[i], taken[i]));
  }
  co_await settle();
  const auto holders = [&taken] {
    return std::ranges::count_if(taken, [](const auto& one) { return one.has_value(); });
  };
  EXPECT_EQ(holders(), ContainerActions::kRemovalsPerNetwork);
  EXPECT_FALSE(taken[4]);
  taken[0].reset();
  co_await settle();
  EXPECT_TRUE(taken[4]) << "first come, first served";
  EXPECT_FALSE(taken[5]);
  for (auto& one : taken) one.reset();
  co_await settle();
  EXPECT_TRUE(taken[5]);
  co_await scope.join();
}

TEST_F(ActionPlacesTest, AtMostFourLeaveOneNetworkAtATime) {
  engine.create_network(base::JsonObject{{"Name", "shared"}});
  const std::vector<ActionType> types{ActionType::Stop,   ActionType::Remove,     ActionType::Stop,
                                      ActionType::Remove, ActionType::Disconnect, ActionType::Stop};
  std::vector<Action> wanted;
  for (std::size_t i = 0; i < types.size(); ++i) {
    // In the order of names, some have their own network before the shared one, some behind it.
    const std::string name = (i % 2 == 0 ? "a" : "z") + std::to_string(i);
    run(name);
    wanted.push_back(action_on(types[i], name));
  }
  world.refresh();
  ContainerActions actions(*world.resources, world.clock, world.loop.executor());
  world.loop.run_and_wait([&] { return take_and_give_back(actions, world.engines->find("local"), wanted); });
}

// Eight places are taken. Who waits for them, in this order, are a new container, one whose last try failed, one that
// is made beside the old one, and one that was killed.
base::Task<void> repair_goes_first(ContainerActions& actions, std::shared_ptr<docker::Engine> engine) {
  schemas::Container fresh, failed, updated, killed;
  for (schemas::Container* stood : {&failed, &updated, &killed}) stood->status.container_id = "1";
  failed.status.conditions = {{.type = "Ready", .status = "False", .reason = "StartFailed"}};
  const Action create{.type = ActionType::Create, .container = "web"};
  const Action start{.type = ActionType::Start, .id = "1", .container = "web"};
  Action beside = create;
  beside.step = ReplaceStep::CreateNext;
  base::Scope scope(co_await base::this_loop(), "places");
  std::vector<std::optional<Places>> taken(ContainerActions::kStartsPerHost + 4);
  auto place = taken.begin();
  for (std::size_t i = 0; i < ContainerActions::kStartsPerHost; ++i) {
    scope.spawn(take_for(actions, engine, fresh, create, *place++));
  }
  co_await settle();
  std::optional<Places>& first = *place++;
  scope.spawn(take_for(actions, engine, fresh, start, first));
  scope.spawn(take_for(actions, engine, failed, start, *place++));
  scope.spawn(take_for(actions, engine, updated, beside, *place++));
  std::optional<Places>& repair = *place++;
  scope.spawn(take_for(actions, engine, killed, create, repair));
  co_await settle();
  EXPECT_FALSE(repair);
  taken[0].reset();
  co_await settle();
  EXPECT_TRUE(repair);
  EXPECT_FALSE(first);
  for (std::size_t i = 1; i < 4; ++i) taken[i].reset();
  co_await settle();
  for (std::size_t i = ContainerActions::kStartsPerHost; i < taken.size(); ++i) EXPECT_TRUE(taken[i]) << i;
  taken.clear();
  co_await scope.join();
}

TEST_F(ActionPlacesTest, WhatStoodBeforeGoesFirst) {
  ContainerActions actions(*world.resources, world.clock, world.loop.executor());
  world.loop.run_and_wait([&] { return repair_goes_first(actions, world.engines->find("local")); });
}

// A stack is brought up level by level while the rest of it is made.
base::Task<void> start_goes_before_creates(ContainerActions& actions, std::shared_ptr<docker::Engine> engine) {
  const schemas::Container fresh;
  const Action create{.type = ActionType::Create, .container = "web"};
  const Action start{.type = ActionType::Start, .id = "1", .container = "web"};
  base::Scope scope(co_await base::this_loop(), "places");
  std::vector<std::optional<Places>> taken(ContainerActions::kStartsPerHost + 4);
  const auto first_waiter = taken.begin() + ContainerActions::kStartsPerHost;
  for (auto place = taken.begin(); place != first_waiter + 2; ++place) {
    scope.spawn(take_for(actions, engine, fresh, create, *place));
  }
  co_await settle();
  scope.spawn(take_for(actions, engine, fresh, start, first_waiter[2]));
  scope.spawn(take_for(actions, engine, fresh, start, first_waiter[3]));
  co_await settle();
  taken[0].reset();
  co_await settle();
  EXPECT_TRUE(first_waiter[2]) << "the start that came first";
  EXPECT_FALSE(first_waiter[3]);
  EXPECT_FALSE(first_waiter[0]);
  taken[1].reset();
  taken[2].reset();
  co_await settle();
  EXPECT_TRUE(first_waiter[3]);
  EXPECT_TRUE(first_waiter[0]) << "and then the creates";
  taken[3].reset();
  co_await settle();
  EXPECT_TRUE(first_waiter[1]);
  taken.clear();
  co_await scope.join();
}

TEST_F(ActionPlacesTest, WhatIsMadeIsStartedBeforeMoreIsMade) {
  ContainerActions actions(*world.resources, world.clock, world.loop.executor());
  world.loop.run_and_wait([&] { return start_goes_before_creates(actions, world.engines->find("local")); });
}

base::Task<void> one_pass(ContainerReconciler& reconciler, controller::Key key) { co_await reconciler.reconcile(key); }

// The ninth create is asked for though eight have no answer, once these have taken their time.
base::Task<void> creates_that_hang(World& world) {
  const base::Executor loop = co_await base::this_loop();
  ContainerReconciler reconciler(*world.resources, *world.engines, *world.pulls, world.between, world.clock, loop);
  const auto asked = [&world] { return world.engine.calls("container_create"); };
  const std::size_t others = world.clock.sleepers();
  base::Scope scope(loop, "passes");
  for (int i = 0; i < 9; ++i) scope.spawn(one_pass(reconciler, {"default", "web-" + std::to_string(i)}));
  while (asked() < 8 || world.clock.sleepers() < others + 8) co_await base::asio::post(base::use_task);
  co_await settle();
  EXPECT_EQ(asked(), 8u);
  world.clock.advance(ContainerActions::kKeepsPlace);
  while (asked() < 9) co_await base::asio::post(base::use_task);
  world.engine.release("container_create");
  co_await scope.join();
}

// A fifth stop is asked for once the engine says that the four before wait for their processes, and not while it says
// nothing, as of containers that it takes off their networks.
base::Task<void> stops_that_hang(World& world) {
  const base::Executor loop = co_await base::this_loop();
  ContainerReconciler reconciler(*world.resources, *world.engines, *world.pulls, world.between, world.clock, loop);
  const auto asked = [&world](const char* operation) { return world.engine.calls(operation); };
  const std::size_t others = world.clock.sleepers();
  base::Scope scope(loop, "passes");
  for (int i = 0; i < 5; ++i) scope.spawn(one_pass(reconciler, {"default", "web-" + std::to_string(i)}));
  while (asked("container_stop") < 4 || world.clock.sleepers() < others + 4) {
    co_await base::asio::post(base::use_task);
  }
  const auto looks = asked("container_inspect");
  world.engine.hang("container_inspect", 1000);
  world.clock.advance(ContainerActions::kKeepsPlace);
  while (asked("container_inspect") < looks + 4 && asked("container_stop") == 4) {
    co_await base::asio::post(base::use_task);
  }
  co_await settle();
  EXPECT_EQ(asked("container_stop"), 4u);
  world.engine.release("container_inspect");
  while (asked("container_stop") < 5) co_await base::asio::post(base::use_task);
  world.engine.release("container_stop");
  co_await scope.join();
}

TEST_F(ActionPlacesTest, AStopStepsAsideWhileItsProcessRuns) {
  stop_all_of(5);
  world.loop.run_and_wait([&] { return stops_that_hang(world); });
  expect_all_gone(5);
}

// Of six that wait for their processes the engine says no more: it may be about to take them off their networks, so a
// seventh is not asked for before it does.
base::Task<void> stops_that_turn_to_teardown(World& world) {
  const base::Executor loop = co_await base::this_loop();
  ContainerReconciler reconciler(*world.resources, *world.engines, *world.pulls, world.between, world.clock, loop);
  const auto asked = [&world](const char* operation) { return world.engine.calls(operation); };
  const std::size_t others = world.clock.sleepers();
  base::Scope scope(loop, "passes");
  for (int i = 0; i < 6; ++i) scope.spawn(one_pass(reconciler, {"default", "web-" + std::to_string(i)}));
  while (asked("container_stop") < 4 || world.clock.sleepers() < others + 4) {
    co_await base::asio::post(base::use_task);
  }
  world.clock.advance(ContainerActions::kKeepsPlace);
  // The four that have stepped aside look again, too.
  while (asked("container_stop") < 6 || world.clock.sleepers() < others + 6) {
    co_await base::asio::post(base::use_task);
  }
  const auto looks = asked("container_inspect");
  world.engine.hang("container_inspect", 1000);
  world.clock.advance(ContainerActions::kKeepsPlace);
  while (asked("container_inspect") < looks + 6) co_await base::asio::post(base::use_task);
  scope.spawn(one_pass(reconciler, {"default", "web-6"}));
  co_await settle();
  EXPECT_EQ(asked("container_stop"), 6u);
  world.engine.release("container_inspect");
  while (asked("container_stop") < 7) co_await base::asio::post(base::use_task);
  world.engine.release("container_stop");
  co_await scope.join();
}

TEST_F(ActionPlacesTest, AStopThatSteppedAsideTakesItsPlaceAgain) {
  stop_all_of(7);
  world.loop.run_and_wait([&] { return stops_that_turn_to_teardown(world); });
  expect_all_gone(7);
}

TEST_F(ActionPlacesTest, ACreateThatHangsGivesItsPlaceBack) {
  for (int i = 0; i < 9; ++i) world.create("web-" + std::to_string(i));
  ASSERT_TRUE(world.clock.wait_for_sleepers(1));
  engine.hang("container_create", 9);
  world.loop.run_and_wait([&] { return creates_that_hang(world); });
  EXPECT_EQ(engine.running().size(), 9u);
}

}  // namespace
}  // namespace berth::reconcilers
