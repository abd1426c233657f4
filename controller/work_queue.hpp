// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys that wait for work. A key waits at most once however often it is added, is worked on by one worker at a
// time (added meanwhile, it waits again once that worker is done), and is served in the order of first adding.
// Failed keys come back after a delay of their own that doubles. Pure state: time is told to it. One loop.
#include <chrono>
#include <deque>
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

class WorkQueue {
 public:
  // Metrics, labelled with `name`: berth_workqueue_depth, _adds_total, _retries_total, _latency_seconds.
  WorkQueue(const std::string& name, base::Metrics& metrics, Backoff backoff);

  // Something moved. A key that backs off keeps its delay: its own failing attempts move things, too. Any other
  // delay is cut short.
  void add(const Key& key, base::SteadyTime now);
  // Somebody wants something else of it: at once, whatever delay it had.
  void add_now(const Key& key, base::SteadyTime now);
  // Not before `when`. An earlier time that is already set stands.
  void add_at(const Key& key, base::SteadyTime when);
  // After the key's next backoff, whose length is returned.
  std::chrono::milliseconds retry(const Key& key, base::SteadyTime now);
  // The key's next failure is its first again.
  void forget(const Key& key);

  // The next key, which is now being worked on, or nothing when none is ready.
  std::optional<Key> take(base::SteadyTime now);
  // Ends what take() began.
  void done(const Key& key, base::SteadyTime now);

  // When the next delayed key is due.
  std::optional<base::SteadyTime> next_due() const;
  std::size_t depth() const { return waiting_.size(); }

 private:
  void enqueue(const Key& key, base::SteadyTime now);
  bool backs_off(const Key& key) const { return failures_.contains(key) && delayed_.contains(key); }
  void move_due(base::SteadyTime now);

  Backoff backoff_;
  std::deque<Key> order_;
  std::map<Key, base::SteadyTime> waiting_;  // in order_, with the time of adding
  std::set<Key> working_;
  std::map<Key, bool> again_;  // added while worked on; true: by add_now()
  std::map<Key, base::SteadyTime> delayed_;
  std::set<std::pair<base::SteadyTime, Key>> due_;  // delayed_ by time
  std::map<Key, unsigned> failures_;
  base::Gauge depth_;
  base::Counter adds_;
  base::Counter retries_;
  base::Histogram latency_;
};

}  // namespace berth::controller
