// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the engine called wrong, by object: asked again later and later, however often the object is woken. A request
// that differs is another matter and is tried at once. Not kept: a start costs one more try. One loop.
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/status.hpp"
#include "controller/reconciler.hpp"

namespace berth::reconcilers {

class Refusals {
 public:
  struct Delays {
    std::chrono::milliseconds first{10'000};
    std::chrono::milliseconds most{300'000};
  };
  struct Refusal {
    base::Status error;               // in the engine's words
    std::chrono::milliseconds again;  // until the next try
  };
  // `request` was refused at `now`; gives how long it waits.
  Refusal add(const controller::Key& key, std::string request, base::Status error, base::SteadyTime now, Delays delays);
  // Nothing when `request` may be tried.
  std::optional<Refusal> find(const controller::Key& key, std::string_view request, base::SteadyTime now) const;
  void forget(const controller::Key& key) { last_.erase(key); }

 private:
  struct Last {
    std::string request;
    base::Status error;
    std::chrono::milliseconds delay;
    base::SteadyTime due;
  };
  std::map<controller::Key, Last> last_;
};

}  // namespace berth::reconcilers
