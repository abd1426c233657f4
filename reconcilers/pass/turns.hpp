// SPDX-License-Identifier: Apache-2.0
#pragma once
// At most so many at a time, by key: engines are slower with sixteen starts in flight than with eight. One whose work
// takes long steps aside, so that it holds up no other. Who waits is served by rank; in a rank groups go round, and in
// a group first come is first served. One loop.
#include <cstddef>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "base/task.hpp"

namespace berth::reconcilers {

class Turns {
 public:
  struct Limits {
    std::size_t most = 1;  // of a key, but for those that have stepped aside
    // With those: beyond, nobody of the last rank is let in whose group has one at work already.
    std::size_t in_all = std::numeric_limits<std::size_t>::max();
  };
  enum class Rank { First, Last };
  // Ahead: before those of its group and rank that only stand in line.
  enum class Place { InLine, Ahead };
  // What a turn is taken for.
  struct Claim {
    std::string key;
    std::string group;
    Rank rank = Rank::First;
    Place place = Place::InLine;
  };

  Turns(base::Executor loop, Limits limits) : loop_(loop), limits_(limits) {}

  // Held while it lives.
  class Turn {
   public:
    Turn() = default;
    Turn(Turns& turns, Claim claim) : turns_(&turns), claim_(std::move(claim)) {}
    Turn(Turn&& other) noexcept
        : turns_(std::exchange(other.turns_, nullptr)), claim_(std::move(other.claim_)), aside_(other.aside_) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() { end(); }
    void end();
    // Another may go on in its place; its own work is not done yet.
    void step_aside();
    // It counts again, and nobody is let in for it, though others have its place by now.
    void step_back();

   private:
    Turns* turns_ = nullptr;
    Claim claim_;
    bool aside_ = false;
  };

  base::Task<Turn> take(Claim claim);
  // Those that have not stepped aside.
  std::size_t busy(const std::string& key) const;
  std::size_t at_work(const std::string& key) const;

 private:
  struct Waiter {
    base::Signal signal;
    Place place;
    bool granted = false;
  };
  // The waiters of one rank, by group.
  struct Line {
    std::map<std::string, std::deque<Waiter*>> groups;
    std::string served;  // the group that had the last turn
  };
  struct Lane {
    std::size_t busy = 0;
    std::size_t aside = 0;
    std::map<std::string, std::size_t> at_work;  // by group
    Line first;
    Line last;
    Line& line(Rank rank) { return rank == Rank::First ? first : last; }
  };
  bool admits(const Lane& lane, const std::string& group, Rank rank) const;
  static void begin(Lane& lane, const std::string& group);
  bool grant_one(Lane& lane);
  void settle(const std::string& key);

  base::Executor loop_;
  Limits limits_;
  std::map<std::string, Lane> lanes_;
};

}  // namespace berth::reconcilers
