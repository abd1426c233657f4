// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one write does when others keep coming between its reading and its commit. Who names no version of the object
// has no conflict with them (upstream's GuaranteedUpdate): the write reads again and tries again, a few times at once
// and then at random moments, so that nobody is shut out and nobody keeps a core busy.
#include "base/clock.hpp"

namespace berth::resources {

class LostRaces {
 public:
  // Of the steady clock, from the first lost race on. An HTTP request is given up by its client not much later.
  static constexpr std::chrono::seconds kPatience{30};

  explicit LostRaces(base::Clock& clock) : clock_(clock) {}

  // After each lost race: returns when it is time to try again. Throws Timeout when patience is over.
  base::Task<void> wait();

 private:
  base::Clock& clock_;
  base::SteadyTime end_{};
  int lost_ = 0;
};

}  // namespace berth::resources
