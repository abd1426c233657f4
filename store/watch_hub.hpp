// SPDX-License-Identifier: Apache-2.0
#pragma once
// The ring of recent events that all watches share, and who waits for which prefix. A watch that has seen all that
// matches its prefix holds no place in the ring, so a quiet watch never falls off, and an event costs nothing to
// those it does not match. Any thread; its lock is held for pointers only, never while an event is copied.
#include <deque>
#include <mutex>
#include <set>
#include <unordered_map>

#include "base/metrics.hpp"
#include "base/turns.hpp"
#include "store/loop_posts.hpp"
#include "store/store.hpp"

namespace berth::store {

struct RingLimits {
  std::size_t events = 16384;
  std::size_t bytes = 32 * 1024 * 1024;  // of the values in it
};

// What a watch hands over at once, with the versions that were replaced: a slow reader holds no more than this, or one
// event.
inline constexpr std::size_t kMostBytesAtOnce = 1024 * 1024;

// Adds an event to what is handed over at once. False: it does not fit any more.
bool fits(const Event& event, std::size_t& bytes);

// One watch's place. Written under the hub's lock only.
struct WatchPlace {
  std::string prefix;
  Revision after = 0;
  base::Executor loop;
  std::shared_ptr<base::Signal> signal;
  std::optional<Revision> unseen;  // the oldest event that matches and was not taken
  bool attached = false;
};

class WatchHub {
 public:
  using Shared = std::shared_ptr<const Event>;

  // Everything up to `newest` is older than the ring.
  WatchHub(RingLimits limits, Revision newest, base::Metrics& metrics);

  // Adds events in revision order and collects who must wake. The store's lock makes this one step with the state.
  void publish(std::vector<Event> events, LoopPosts& posts);

  // Makes the place follow the ring from `place.after` on. False: the ring begins later, read the log first.
  bool attach(WatchPlace& place);
  void detach(WatchPlace& place);
  // The next events of an attached place, none when it has seen all. Throws Expired when it fell off the ring,
  // Cancelled after close().
  std::vector<Shared> take(WatchPlace& place, std::size_t most);
  Revision progress(const WatchPlace& place) const;
  Revision newest() const;
  void check_open() const;
  void count_expired() { expired_.increment(); }
  // To read the log: watches that resume must not take every thread that may block.
  base::Turns& replays() { return replays_; }

  // Wakes every watch to end with Cancelled.
  void close(LoopPosts& posts);

 private:
  using Ring = std::deque<Shared>;
  Ring::const_iterator first_after(Revision revision) const;
  std::optional<Revision> next_match(Ring::const_iterator from, const std::string& prefix) const;
  void remove_place(WatchPlace& place);

  mutable std::mutex mutex_;
  RingLimits limits_;
  Ring ring_;
  std::size_t bytes_ = 0;
  Revision dropped_;  // the ring holds every event after this one
  Revision newest_;
  bool closed_ = false;
  std::unordered_map<std::string, std::vector<WatchPlace*>> places_;
  std::multiset<std::size_t> lengths_;  // of the prefixes in places_: the only ones worth looking up for a key
  base::Turns replays_{2};
  base::Gauge watchers_;
  base::Counter expired_;
};

}  // namespace berth::store
