// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who reads the log for a watch, at once: watches that resume must not take every thread that may block. First come,
// first served, across loops.
#include <list>
#include <memory>
#include <mutex>

#include "base/task.hpp"

namespace berth::store {

using base::Task;

class ReplayPlace;

class ReplayPlaces {
 public:
  explicit ReplayPlaces(std::size_t count) : free_(count) {}

 private:
  friend class ReplayPlace;
  std::mutex mutex_;
  std::size_t free_;
  std::list<ReplayPlace*> waiting_;
};

// One place, or the wait for it. Lives on its coroutine's frame; whoever gives up waiting loses nothing but its turn.
class ReplayPlace {
 public:
  ReplayPlace(ReplayPlaces& places, base::Executor loop);
  ~ReplayPlace();
  ReplayPlace(const ReplayPlace&) = delete;
  ReplayPlace& operator=(const ReplayPlace&) = delete;

  // Returns when the place is held.
  Task<void> wait();

 private:
  bool held() const;

  ReplayPlaces& places_;
  base::Executor loop_;
  std::shared_ptr<base::Signal> signal_;
  bool held_ = false;  // under the lock of the places
};

}  // namespace berth::store
