// SPDX-License-Identifier: Apache-2.0
#include "tests/fake_engine/event_log.hpp"

#include <algorithm>
#include <chrono>

namespace berth::fake_engine {

std::int64_t now_nano() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void EventLog::raise(std::string type, std::string action, std::string id,
                     std::map<std::string, std::string> attributes) {
  last_nano_ = std::max(last_nano_ + 1, now_nano());
  events_.push_back({++last_, std::move(type), std::move(action), std::move(id), std::move(attributes), last_nano_});
  if (events_.size() > kKept) events_.pop_front();
}

const Event* EventLog::after(std::uint64_t sequence) const {
  if (sequence >= last_ || events_.empty()) return nullptr;
  const std::uint64_t first = events_.front().sequence;
  return &events_[sequence < first ? 0 : sequence + 1 - first];
}

std::uint64_t EventLog::position_at(std::int64_t since_nano) const {
  const auto found = std::find_if(events_.begin(), events_.end(),
                                  [since_nano](const Event& event) { return event.time_nano >= since_nano; });
  return found == events_.end() ? last_ : found->sequence - 1;
}

}  // namespace berth::fake_engine
