// SPDX-License-Identifier: Apache-2.0
#pragma once
// Takes keys from a work queue and makes a pass over each. Errors back off by themselves, are logged and counted.
// Lives on one event loop.
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/scope.hpp"
#include "base/status.hpp"
#include "controller/work_queue.hpp"

namespace berth::controller {

struct WorkLoopOptions {
  Backoff backoff;
  Lanes lanes;
  std::function<base::Task<Requeue>(Key)> pass;
};

class WorkLoop {
 public:
  // `name` labels metrics and log lines. `clock` and `metrics` outlive it.
  WorkLoop(std::string name, base::Clock& clock, base::Metrics& metrics, base::Executor loop, WorkLoopOptions options);

  void start();
  // As WorkQueue's.
  void add(const Key& key);
  void add_now(const Key& key);
  void add_anew(const Key& key);
  // Cancels the passes and joins them.
  base::Task<void> stop();

 private:
  base::Task<void> dispatch();
  base::Task<void> work(Key key);
  void back_off(const Key& key, const base::Status& error, base::SteadyTime now);

  std::string name_;
  base::Clock& clock_;
  std::function<base::Task<Requeue>(Key)> pass_;
  WorkQueue queue_;
  base::Signal moved_;  // the queue, or a place in it that became free
  base::Counter passes_;
  base::Counter errors_;
  base::Scope scope_;
};

}  // namespace berth::controller
