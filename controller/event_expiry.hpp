// SPDX-License-Identifier: Apache-2.0
#pragma once
// Events live for an hour after they last happened, as in Kubernetes. One loop looks for those that are past it.
#include "base/clock.hpp"
#include "base/scope.hpp"
#include "resources/resources.hpp"

namespace berth::controller {

class EventExpiry {
 public:
  static constexpr std::chrono::hours kLifetime{1};
  static constexpr std::chrono::minutes kPeriod{5};

  // `resources` and `clock` outlive it.
  EventExpiry(resources::Resources& resources, base::Clock& clock, base::Executor loop);

  // Loop thread only.
  void start();
  base::Task<void> stop();
  // One look; how many were removed. A live Event that happens again meanwhile stays.
  base::Task<std::size_t> remove_expired();

 private:
  base::Task<void> run();

  resources::Resources& resources_;
  base::Clock& clock_;
  base::Scope scope_;
};

}  // namespace berth::controller
