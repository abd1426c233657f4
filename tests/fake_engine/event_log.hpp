// SPDX-License-Identifier: Apache-2.0
#pragma once
// The events that the fake engine raised: the last 256 are replayed to who asks with `since`, as on the real one.
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "base/json.hpp"

namespace berth::fake_engine {

struct Event {
  std::uint64_t sequence = 0;  // from 1
  std::string type;
  std::string action;  // "health_status: healthy" with its detail
  std::string id;
  std::map<std::string, std::string> attributes;
  std::int64_t time_nano = 0;
};

class EventLog {
 public:
  void raise(std::string type, std::string action, std::string id, std::map<std::string, std::string> attributes);
  // The first event after `sequence` that is still kept; nullptr when there is none.
  const Event* after(std::uint64_t sequence) const;
  // The sequence after which a stream starts that asked for events from `since_nano` on.
  std::uint64_t position_at(std::int64_t since_nano) const;
  std::uint64_t last() const { return last_; }

 private:
  static constexpr std::size_t kKept = 256;
  std::deque<Event> events_;
  std::uint64_t last_ = 0;
  std::int64_t last_nano_ = 0;
};

// Nanoseconds since 1970 on the machine's clock.
std::int64_t now_nano();

}  // namespace berth::fake_engine
