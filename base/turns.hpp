// SPDX-License-Identifier: Apache-2.0
#pragma once
// A few at once of what many may ask for together. First come, first served, across loops.
#include <list>
#include <memory>
#include <mutex>

#include "base/task.hpp"

namespace berth::base {

class Turn;

class Turns {
 public:
  using Duration = std::chrono::steady_clock::duration;

  // Who has had a turn for longer than `limit` loses it as soon as somebody waits for one: it goes on, and the next
  // goes on beside it. So one that waits for its peer holds up nobody for longer.
  explicit Turns(std::size_t count, Duration limit = Duration::max()) : count_(count), limit_(limit) {}

 private:
  friend class Turn;
  // Under the lock. `self` is told by its caller.
  void admit(const Turn* self);
  void tell(Turn& turn, const Turn* self) const;
  bool is_overdue(const Turn& turn) const;

  const std::size_t count_;
  const Duration limit_;
  std::mutex mutex_;
  std::list<Turn*> held_;  // the oldest first
  std::list<Turn*> waiting_;
};

// One turn, or the wait for it. Lives on its coroutine's frame; whoever gives up waiting loses nothing but its place.
class Turn {
 public:
  Turn(Turns& turns, Executor loop);
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // Returns when it has come.
  Task<void> wait();

 private:
  friend class Turns;
  // How long to wait before looking again; nothing when the turn has come.
  std::optional<Turns::Duration> left();

  Turns& turns_;
  Executor loop_;
  std::shared_ptr<Signal> signal_;
  bool came_ = false;  // under the lock of the turns, as the next
  std::chrono::steady_clock::time_point since_;
};

}  // namespace berth::base
