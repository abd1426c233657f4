// SPDX-License-Identifier: Apache-2.0
#pragma once
// Engine actions on record: the intent before, the outcome after. A mark in the store's meta says up to which
// record every intent has its outcome, so that a start reads only the journal's tail.
#include <atomic>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "resources/request/caller.hpp"
#include "resources/request/engine_action.hpp"
#include "resources/request/request.hpp"

namespace berth::resources {

class ActionJournal {
 public:
  // `metrics` may be null: nothing is counted.
  ActionJournal(store::Store& store, base::Clock& clock, base::Metrics* metrics);

  Task<std::uint64_t> begin(Caller caller, EngineAction action);
  // Logs and counts an outcome that cannot be written, and throws; the next start writes `unknown` for it.
  Task<void> end(Caller caller, std::uint64_t intent, EngineAction action, EngineOutcome outcome);
  Task<void> close_open();

 private:
  Task<std::uint64_t> append_outcome(std::uint64_t intent, const EngineAction& action, std::string record);
  Task<void> move_mark(std::uint64_t sequence);

  store::Store& store_;
  base::Clock& clock_;
  base::Counter lost_;
  // Begun and not on record as ended. At none, everything up to the newest outcome is closed.
  std::atomic<std::int64_t> open_{0};
  std::atomic<std::uint64_t> mark_{0};
};

}  // namespace berth::resources
