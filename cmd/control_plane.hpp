// SPDX-License-Identifier: Apache-2.0
#pragma once
// The engines and the loops that drive them, on one event loop of their own.
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/scope.hpp"
#include "resources/resources.hpp"

namespace berth::cmd {

class ControlPlane {
 public:
  // All outlive it. `controllers` is the flag's text, `ca` what clients verify the server by (PEM). Throws BadRequest
  // naming an unknown loop.
  ControlPlane(resources::Resources& resources, base::Clock& clock, base::Metrics& metrics, base::Executor loop,
               const std::string& controllers, const std::string& ca);
  ~ControlPlane();

  // On the loop, each.
  base::Task<void> start();
  base::Task<void> stop();
  // Reads every engine's list again. Any thread.
  void resync();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace berth::cmd
