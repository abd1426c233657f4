// SPDX-License-Identifier: Apache-2.0
#pragma once
// How long this process has seen a start of a container last. The engine's stamps are of its own clock, which on
// another machine may be hours off, so they are compared with each other only, never with ours. Not kept: after a
// restart of berthd what is watched is watched from the beginning. One loop.
#include <chrono>
#include <map>
#include <string>

#include "base/clock.hpp"
#include "controller/reconciler.hpp"

namespace berth::reconcilers {

class Sightings {
 public:
  // `start` is what the engine calls the start, in its own words. Zero at the first sight of it.
  std::chrono::milliseconds age(const controller::Key& key, const std::string& container, const std::string& start,
                                base::SteadyTime now);
  void forget(const controller::Key& key) { seen_.erase(key); }

 private:
  struct Sight {
    std::string start;
    base::SteadyTime since;
  };
  std::map<controller::Key, std::map<std::string, Sight>> seen_;
};

}  // namespace berth::reconcilers
