// SPDX-License-Identifier: Apache-2.0
#include "store/ring_watch.hpp"

#include "store/write_rules.hpp"

namespace berth::store {

RingWatch::RingWatch(std::shared_ptr<WatchHub> hub, const EventLog& log, std::string prefix, Revision after,
                     Revision compacted, base::Executor loop)
    : hub_(std::move(hub)),
      log_(log),
      place_{std::move(prefix), after, loop, std::make_shared<base::Signal>(loop), std::nullopt, false} {
  // Revision 0 means "from the first event": it is gone as soon as anything was compacted.
  if (compacted > 0 && after <= compacted) {
    refused_ = too_old(after, compacted);
    hub_->count_expired();
  } else {
    hub_->attach(place_);
  }
}

RingWatch::~RingWatch() { hub_->detach(place_); }

Task<std::vector<Event>> RingWatch::next(std::size_t most) {
  for (;;) {
    std::vector<Event> events;
    if (is_behind()) events = co_await catch_up(most);
    if (events.empty()) events = take(most);
    if (!events.empty()) co_return events;
    co_await place_.signal->wait();
  }
}

Task<std::vector<Event>> RingWatch::next_for(std::size_t most, std::chrono::steady_clock::duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    std::vector<Event> events;
    if (is_behind()) events = co_await catch_up(most);
    if (events.empty()) events = take(most);
    const auto now = std::chrono::steady_clock::now();
    if (!events.empty() || now >= deadline) co_return events;
    co_await place_.signal->wait_for(deadline - now);
  }
}

bool RingWatch::is_behind() {
  if (refused_) throw *std::exchange(refused_, base::Status(base::Reason::Cancelled, "the watch is over"));
  return !place_.attached && !hub_->attach(place_);
}

// Attaching may fail again and again while writers outrun the reader; each round reads a chunk, so it ends either at
// the ring or, past the compacted revision, with Expired.
Task<std::vector<Event>> RingWatch::catch_up(std::size_t most) {
  std::vector<Event> events;
  do {
    events = co_await replay(most);
  } while (events.empty() && !hub_->attach(place_));
  co_return events;
}

std::vector<Event> RingWatch::take(std::size_t most) {
  std::vector<Event> events;
  try {
    const auto shared = hub_->take(place_, most);
    events.reserve(shared.size());
    for (const auto& event : shared) events.push_back(*event);
  } catch (const base::Status&) {
    refused_ = base::Status(base::Reason::Cancelled, "the watch is over");
    throw;
  }
  return events;
}

Task<std::vector<Event>> RingWatch::replay(std::size_t most) {
  base::Turn turn(hub_->replays(), place_.loop);
  co_await turn.wait();
  hub_->check_open();
  const Revision upto = hub_->newest();
  EventLog::Chunk chunk;
  try {
    chunk = co_await base::blocking(
        [this, upto, most] { return log_.read_events(place_.prefix, place_.after, upto, most); });
  } catch (const base::Status& status) {
    if (status.reason() == base::Reason::Expired) hub_->count_expired();
    refused_ = base::Status(base::Reason::Cancelled, "the watch is over");
    throw;
  }
  place_.after = chunk.scanned;
  co_return std::move(chunk.events);
}

}  // namespace berth::store
