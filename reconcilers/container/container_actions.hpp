// SPDX-License-Identifier: Apache-2.0
#pragma once
// Performs one action of a plan on the engine: on record before, its effect in the snapshot when it returns. Its
// outcome and its Event are left on the pass's trail. Runs on the engine's loop.
#include <memory>
#include <string>

#include "reconcilers/pass/action_trail.hpp"
#include "reconcilers/pass/audited.hpp"
#include "reconcilers/pass/turns.hpp"
#include "reconcilers/plan/container_inputs.hpp"
#include "reconcilers/plan/container_plan.hpp"

namespace berth::reconcilers {

// What an action is done for; outlives it.
struct ActionContext {
  const base::Json& object;  // for records and Events
  const schemas::Container& container;
  const ContainerInputs& inputs;
  std::string spec_hash;
  std::shared_ptr<docker::Engine> engine;
  ActionTrail& trail;
  // What has to be on record before the engine is called, as the intent has; written beside it. May be empty.
  std::function<base::Task<void>()> save;
};

class ContainerActions {
 public:
  // Most creates and starts in flight on one host, and most stops, removals and disconnects on any one network: beyond,
  // the engine gets slower, and 20.10 loses count of a network's endpoints.
  static constexpr std::size_t kStartsPerHost = 8;
  static constexpr std::size_t kRemovalsPerNetwork = 4;
  // So long each keeps its place. Beyond, it waits for a process that takes its time to stop, for a plugin or a file
  // server, and the others need not.
  static constexpr std::chrono::seconds kKeepsPlace{2};
  // Creates and starts of a host, with those that take longer.
  static constexpr std::size_t kStartsInAll = 64;

  ContainerActions(resources::Resources& resources, base::Clock& clock, base::Executor loop);

  // Waits where the engine suffers from too many at once; what is true of the object may have changed by then. What was
  // there comes before first tries and what failed before; namespaces take turns.
  using Places = std::vector<Turns::Turn>;
  base::Task<Places> take_turn(const docker::Engine& engine, const schemas::Container& container, const Action& action);
  // Throws what the engine said. Pull, Pin and FailUpdate are not done on a container and not for here.
  base::Task<void> perform(const ActionContext& context, Action action, Places places);

 private:
  base::Task<void> act(const ActionContext& context, const Action& action);
  base::Task<std::uint64_t> begin(const ActionContext& context, const resources::EngineAction& record);
  base::Task<void> call_engine(const ActionContext& context, const Action& action, std::string& id);
  base::Task<std::string> create(const ActionContext& context, const Action& action);
  base::Task<void> remove(docker::Engine& engine, std::string id);
  base::Task<void> step_aside_later(const ActionContext& context, const Action& action, Places& places);

  resources::Resources& resources_;
  base::Clock& clock_;
  base::Executor loop_;
  Turns starts_;
  Turns removals_;
};

}  // namespace berth::reconcilers
