// SPDX-License-Identifier: Apache-2.0
#pragma once
// At most so many at a time, by key: engines are slower with sixteen starts in flight than with eight. First come,
// first served. One loop.
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "base/task.hpp"

namespace berth::reconcilers {

class Turns {
 public:
  Turns(base::Executor loop, std::size_t most) : loop_(loop), most_(most) {}

  // Held while it lives.
  class Turn {
   public:
    Turn() = default;
    Turn(Turns& turns, std::string key) : turns_(&turns), key_(std::move(key)) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)), key_(std::move(other.key_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() { end(); }
    // Gives it back early.
    void end() {
      if (Turns* const turns = std::exchange(turns_, nullptr)) turns->give_back(key_);
    }

   private:
    Turns* turns_ = nullptr;
    std::string key_;
  };

  base::Task<Turn> take(std::string key);
  std::size_t busy(const std::string& key) const;

 private:
  struct Waiter {
    base::Signal signal;
    bool granted = false;
  };
  struct Lane {
    std::size_t busy = 0;
    std::deque<Waiter*> waiting;
  };
  void give_back(const std::string& key);

  base::Executor loop_;
  std::size_t most_;
  std::map<std::string, Lane> lanes_;
};

}  // namespace berth::reconcilers
