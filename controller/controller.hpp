// SPDX-License-Identifier: Apache-2.0
#pragma once
// One loop: the store's watch and wake-ups from outside feed a keyed queue, workers take keys from it and run the
// reconciler. A key is worked on by one worker at a time. Errors back off per key. Lives on one event loop.
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/scope.hpp"
#include "controller/work_queue.hpp"
#include "resources/resources.hpp"

namespace berth::controller {

struct ControllerOptions {
  Backoff backoff;
  // As Lanes': passes at a time for each lane of the reconciler, most of them waiting for an engine.
  std::size_t places = 64;
  std::chrono::milliseconds patience{2'000};
};

class Controller {
 public:
  // `resources`, `clock` and `metrics` outlive it. Objects that the kind refers to (x-berth-ref) wake their
  // referrers by themselves.
  Controller(std::unique_ptr<Reconciler> reconciler, resources::Resources& resources, base::Clock& clock,
             base::Metrics& metrics, base::Executor loop, ControllerOptions options = {});
  ~Controller();

  // Lists, watches and works until stop(). Loop thread only.
  void start();
  // Any thread. An object that backs off after errors stays so.
  void wake(Key key);
  // Cancels the workers and joins them.
  base::Task<void> stop();

 private:
  struct State;
  std::shared_ptr<State> state_;  // wake-ups on their way from other threads may outlive the controller
};

// "*", "none", "container,host", "*,-host": kube-controller-manager's syntax. Throws BadRequest naming an unknown
// loop and the known ones.
std::vector<std::string> select_controllers(std::string_view flag, const std::vector<std::string>& known);

}  // namespace berth::controller
