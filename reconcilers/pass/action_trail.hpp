// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is told of engine actions after the fact: outcomes in the audit journal, and Events. Outcomes are written at
// once, Events while the next call is under way, each in the order of adding, and the pass waits for neither. What
// cannot be written is logged and counted by those who write it; an intent that is left without an outcome becomes
// `unknown` at the next start. One loop.
#include <deque>

#include "base/scope.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

class ActionTrail {
 public:
  // `resources` outlives it. What `caller` does; the Events are about `object`, of that kind. join() comes before it is
  // destroyed.
  ActionTrail(resources::Resources& resources, base::Executor loop, resources::Caller caller, const schemas::Kind& kind,
              const base::Json& object);

  void end_action(std::uint64_t intent, resources::EngineAction action, resources::EngineOutcome outcome);
  void note(resources::EventNote note);
  // The engine is at work: time to write the Events.
  void tell();
  // Returns when all of it is written.
  base::Scope::Join join();

 private:
  void add(base::Task<void> write);
  base::Task<void> write_all();

  resources::Resources& resources_;
  const resources::Caller caller_;
  const schemas::Kind& kind_;
  const base::Json about_;
  std::deque<base::Task<void>> waiting_;
  std::deque<resources::EventNote> untold_;
  bool writing_ = false;
  base::Scope scope_;
};

}  // namespace berth::reconcilers
