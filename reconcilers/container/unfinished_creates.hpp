// SPDX-License-Identifier: Apache-2.0
#pragma once
// Creates that an engine was asked for, until it is known what came of them and that their object still wants it. One
// that takes its effect after its object is gone would otherwise leave a container for ever: nobody looks for it. Not
// kept: what a process that died has left is listed, never removed unasked. One loop.
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "controller/reconciler.hpp"

namespace berth::reconcilers {

class UnfinishedCreates {
 public:
  // No engine comes back to a create that is older.
  static constexpr std::chrono::minutes kForgetAfter{10};
  static constexpr std::chrono::seconds kLookAgain{30};

  struct Create {
    std::string host;
    std::string container;  // its name on the engine
    std::string uid;        // of the object that it is for
    base::SteadyTime asked;
  };

  void begin(const controller::Key& key, Create create);
  // Nothing came of it, or its object has the container.
  void end(const controller::Key& key) { creates_.erase(key); }
  std::optional<Create> find(const controller::Key& key, base::SteadyTime now);

 private:
  std::map<controller::Key, Create> creates_;
};

}  // namespace berth::reconcilers
