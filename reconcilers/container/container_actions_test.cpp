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

  World world;
  fake_engine::FakeEngine& engine = world.engine;
};

base::Task<void> take_into(ContainerActions& actions, std::shared_ptr<docker::Engine> engine, Action action,
                           std::optional<Places>& taken) {
  taken = co_await actions.take_turn(*engine, action);
}

base::Task<void> settle() {
  for (int i = 0; i < 20; ++i) co_await base::asio::post(base::use_task);
}

// Four hold places on the network that they share; whoever comes then waits, on whatever other network it is.
base::Task<void> take_and_give_back(ContainerActions& actions, std::shared_ptr<docker::Engine> engine,
                                    std::vector<Action> wanted) {
  base::Scope scope(co_await base::this_loop(), "places");
  std::vector<std::optional<Places>> taken(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) scope.spawn(take_into(actions, engine, wanted[i], taken[i]));
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

}  // namespace
}  // namespace berth::reconcilers
