// SPDX-License-Identifier: Apache-2.0
#pragma once
// A watch over the shared ring. One that starts before the ring first reads the store's log, in chunks, until the
// ring covers it: that is how a watch resumes across a restart.
#include "store/watch_hub.hpp"

namespace berth::store {

// What a store still knows of past events.
class EventLog {
 public:
  virtual ~EventLog() = default;
  struct Chunk {
    std::vector<Event> events;
    Revision scanned = 0;  // nothing at or below it is left to read
  };
  // Events of the prefix in (after, upto], at most `most` of them and of kMostBytesAtOnce. Throws Expired when `after`
  // is compacted. May block.
  virtual Chunk read_events(const std::string& prefix, Revision after, Revision upto, std::size_t most) const = 0;
};

// Must be destroyed before its store, on the loop it was made for.
class RingWatch final : public Watch {
 public:
  RingWatch(std::shared_ptr<WatchHub> hub, const EventLog& log, std::string prefix, Revision after, Revision compacted,
            base::Executor loop);
  ~RingWatch() override;
  RingWatch(const RingWatch&) = delete;
  RingWatch& operator=(const RingWatch&) = delete;

  Task<std::vector<Event>> next(std::size_t most) override;
  Task<std::vector<Event>> next_for(std::size_t most, std::chrono::steady_clock::duration limit) override;
  Revision progress() const override { return hub_->progress(place_); }

 private:
  Task<std::vector<Event>> replay(std::size_t most);
  // Whether the ring does not have what comes next. Throws when the watch is over.
  bool is_behind();
  // Events of the log; none once the ring has what comes next.
  Task<std::vector<Event>> catch_up(std::size_t most);
  // Events of the ring; none: wait.
  std::vector<Event> take(std::size_t most);

  std::shared_ptr<WatchHub> hub_;
  const EventLog& log_;
  WatchPlace place_;
  std::optional<base::Status> refused_;
};

}  // namespace berth::store
