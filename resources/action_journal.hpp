// SPDX-License-Identifier: Apache-2.0
#pragma once
// Engine actions on record: the intent before, the outcome after. A mark in the store's meta says up to which
// record every intent has its outcome, so that a start reads only the journal's tail.
#include <atomic>

#include "base/clock.hpp"
#include "resources/resources.hpp"

namespace berth::resources {

class ActionJournal {
 public:
  ActionJournal(store::Store& store, base::Clock& clock) : store_(store), clock_(clock) {}

  Task<std::uint64_t> begin(Caller caller, EngineAction action);
  Task<void> end(Caller caller, std::uint64_t intent, EngineAction action, EngineOutcome outcome);
  Task<void> close_open();

 private:
  Task<void> move_mark(std::uint64_t sequence);

  store::Store& store_;
  base::Clock& clock_;
  // Begun and not on record as ended. At none, everything up to the newest outcome is closed.
  std::atomic<std::int64_t> open_{0};
  std::atomic<std::uint64_t> mark_{0};
};

}  // namespace berth::resources
