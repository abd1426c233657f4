// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/sightings.hpp"

namespace berth::reconcilers {

std::chrono::milliseconds Sightings::age(const controller::Key& key, const std::string& container,
                                         const std::string& start, base::SteadyTime now) {
  Sight& sight = seen_[key].try_emplace(container, Sight{start, now}).first->second;
  if (sight.start != start) sight = {start, now};
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - sight.since);
}

}  // namespace berth::reconcilers
