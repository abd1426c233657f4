// SPDX-License-Identifier: Apache-2.0
#include "store/replay_place.hpp"

#include "store/loop_posts.hpp"

namespace berth::store {

ReplayPlace::ReplayPlace(ReplayPlaces& places, base::Executor loop)
    : places_(places), loop_(loop), signal_(std::make_shared<base::Signal>(loop)) {
  const std::scoped_lock lock(places_.mutex_);
  held_ = places_.free_ > 0;
  if (held_) {
    --places_.free_;
  } else {
    places_.waiting_.push_back(this);
  }
}

ReplayPlace::~ReplayPlace() {
  const std::scoped_lock lock(places_.mutex_);
  if (!held_) {
    places_.waiting_.remove(this);
    return;
  }
  if (places_.waiting_.empty()) {
    ++places_.free_;
    return;
  }
  ReplayPlace* next = places_.waiting_.front();
  places_.waiting_.pop_front();
  next->held_ = true;
  // Under the lock, without which the next one cannot end: its loop is there still.
  LoopPosts posts;
  posts.notify(next->loop_, next->signal_);
  posts.send();
}

bool ReplayPlace::held() const {
  const std::scoped_lock lock(places_.mutex_);
  return held_;
}

Task<void> ReplayPlace::wait() {
  while (!held()) co_await signal_->wait();
}

}  // namespace berth::store
