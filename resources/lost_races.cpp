// SPDX-License-Identifier: Apache-2.0
#include "resources/lost_races.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/status.hpp"

namespace berth::resources {
namespace {

constexpr int kAtOnce = 5;
// The longest pause is 2^5 ms: some commits of a disk.
constexpr int kMostDoublings = 5;

std::chrono::microseconds random_below(std::chrono::microseconds limit) {
  const std::string random = base::random_bytes(2);
  const auto number = (static_cast<unsigned char>(random[0]) << 8) | static_cast<unsigned char>(random[1]);
  return limit * number / 65536;
}

}  // namespace

base::Task<void> LostRaces::wait() {
  const base::SteadyTime now = clock_.steady_now();
  if (lost_ == 0) end_ = now + kPatience;
  if (now >= end_) {
    throw base::timeout("others write this object all the time: no turn within " + std::to_string(kPatience.count()) +
                        " s");
  }
  if (++lost_ <= kAtOnce) co_return;
  const std::chrono::milliseconds most{1 << std::min(lost_ - kAtOnce, kMostDoublings)};
  // Of the machine's clock: it waits for other threads, not for a moment.
  co_await base::sleep_for(random_below(most));
}

}  // namespace berth::resources
