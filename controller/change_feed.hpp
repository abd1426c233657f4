// SPDX-License-Identifier: Apache-2.0
#pragma once
// Follows what ends and what is owned, of every kind, for the loops that clean up after it. What happened before the
// start, or was missed, is made up for by the present objects. Lives on one event loop.
#include <functional>
#include <vector>

#include "base/clock.hpp"
#include "base/scope.hpp"
#include "resources/resources.hpp"

namespace berth::controller {

class ChangeFeed {
 public:
  using Listener = std::function<void(const resources::ObjectChange&)>;

  // `resources` and `clock` outlive it.
  ChangeFeed(const resources::Resources& resources, base::Clock& clock, base::Executor loop);

  // Before start(). Called on the loop; must not throw.
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }
  void start();
  base::Task<void> stop();

 private:
  base::Task<void> run();
  base::Task<void> follow();

  const resources::Resources& resources_;
  base::Clock& clock_;
  std::vector<Listener> listeners_;
  base::Scope scope_;
};

}  // namespace berth::controller
