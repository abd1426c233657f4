// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/turns.hpp"

#include <algorithm>
#include <utility>

namespace berth::reconcilers {

base::Task<Turns::Turn> Turns::take(std::string key) {
  Lane& lane = lanes_[key];
  if (lane.busy < most_) {
    ++lane.busy;
    co_return Turn(*this, std::move(key));
  }
  Waiter waiter{base::Signal(loop_)};
  lane.waiting.push_back(&waiter);
  std::exception_ptr error;
  try {
    co_await waiter.signal.wait();
  } catch (...) {
    error = std::current_exception();
  }
  if (!error) co_return Turn(*this, std::move(key));
  // A turn that was granted as the owner gave up goes to the next in line.
  if (waiter.granted) {
    give_back(key);
  } else {
    std::erase(lanes_[key].waiting, &waiter);
  }
  std::rethrow_exception(error);
}

std::size_t Turns::busy(const std::string& key) const {
  const auto lane = lanes_.find(key);
  return lane == lanes_.end() ? 0 : lane->second.busy;
}

void Turns::give_back(const std::string& key) {
  const auto lane = lanes_.find(key);
  if (lane->second.waiting.empty()) {
    if (--lane->second.busy == 0) lanes_.erase(lane);
    return;
  }
  Waiter* const next = lane->second.waiting.front();
  lane->second.waiting.pop_front();
  next->granted = true;
  next->signal.notify();
}

}  // namespace berth::reconcilers
