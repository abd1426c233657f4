// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys that wait for work. A key waits at most once however often it is added, and is worked on by one worker at
// a time (added meanwhile, it waits again once that worker is done). Keys go in lanes, one for each host: a lane
// has so many places for work, lanes take turns, and in a lane keys are served in the order of first adding. So a
// slow host holds up no other, and work that takes long gives its place up, so that a host whose containers all take
// their time to stop still gets its other work done. Failed keys come back after a delay of their own that doubles.
// Pure state: time is told to it. One loop.
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "controller/reconciler.hpp"

namespace berth::controller {

struct Backoff {
  std::chrono::milliseconds first{200};
  std::chrono::milliseconds most{60'000};
};

struct Lanes {
  std::function<std::string(const Key&)> lane_of;  // asked when a key begins to wait; absent: one lane for all
  std::size_t places = 64;                         // of each lane
  std::chrono::milliseconds patience{2'000};       // work that takes longer holds no place
  std::size_t most = 512;                          // at work in a lane, with a place or without
};

class WorkQueue {
 public:
  // Metrics, labelled with `name`: berth_workqueue_depth, _adds_total, _retries_total, _latency_seconds.
  WorkQueue(const std::string& name, base::Metrics& metrics, Backoff backoff, Lanes lanes = {});

  // Something moved. A key that backs off keeps its delay: its own failing attempts move things, too. Any other
  // delay is cut short.
  void add(const Key& key, base::SteadyTime now);
  // At once, whatever delay it had.
  void add_now(const Key& key, base::SteadyTime now);
  // Somebody wants something else of it: at once, and what failed before counts no more.
  void add_anew(const Key& key, base::SteadyTime now);
  // Not before `when`. An earlier time that is already set stands.
  void add_at(const Key& key, base::SteadyTime when);
  // After the key's next backoff, whose length is returned.
  std::chrono::milliseconds retry(const Key& key, base::SteadyTime now);
  // The key's next failure is its first again.
  void forget(const Key& key);

  // The next key, which is now being worked on, or nothing when none is ready or has a place.
  std::optional<Key> take(base::SteadyTime now);
  // Ends what take() began.
  void done(const Key& key, base::SteadyTime now);

  // When to try take() again though nothing happens: a delayed key is due, or a place is given up.
  std::optional<base::SteadyTime> next_due() const;
  std::size_t depth() const { return waiting_.size(); }
  std::size_t at_work() const { return working_.size(); }

 private:
  struct Lane {
    std::deque<Key> order;
    std::size_t held = 0;  // places
    std::size_t working = 0;
  };
  struct Waiting {
    std::string lane;
    base::SteadyTime since;
  };
  struct Working {
    std::string lane;
    std::optional<base::SteadyTime> patience_ends;  // while it holds a place
  };

  void settle(const std::string& lane);
  void give_up_place(Working& work);
  void enqueue(const Key& key, base::SteadyTime now);
  bool backs_off(const Key& key) const { return failures_.contains(key) && delayed_.contains(key); }
  void move_due(base::SteadyTime now);

  Backoff backoff_;
  Lanes rules_;
  std::map<std::string, Lane> lanes_;
  std::set<std::string> ready_;  // lanes with a key that waits and a place for it
  std::string served_;           // the lane that had the last turn
  std::map<Key, Waiting> waiting_;
  std::map<Key, Working> working_;
  std::set<std::pair<base::SteadyTime, Key>> patience_;  // those that hold a place, by when they give it up
  enum class Again { Echo, Now, Anew };                  // by add(), add_now() or add_anew()
  std::map<Key, Again> again_;                           // added while worked on: the strongest
  std::map<Key, base::SteadyTime> delayed_;
  std::set<std::pair<base::SteadyTime, Key>> due_;  // delayed_ by time
  std::map<Key, unsigned> failures_;
  base::Gauge depth_;
  base::Counter adds_;
  base::Counter retries_;
  base::Histogram latency_;
};

}  // namespace berth::controller
