// SPDX-License-Identifier: Apache-2.0
#include "base/turns.hpp"

namespace berth::base {

using std::chrono::steady_clock;

bool Turns::is_overdue(const Turn& turn) const { return steady_clock::now() - turn.since_ >= limit_; }

void Turns::tell(Turn& turn, const Turn* self) const {
  if (&turn == self) return;
  // Under the lock, without which the other cannot end: its loop is there still.
  post_to(turn.loop_, [weak = std::weak_ptr<Signal>(turn.signal_)] {
    if (const auto signal = weak.lock()) signal->notify();
  });
}

void Turns::admit(const Turn* self) {
  const Turn* const front = waiting_.empty() ? nullptr : waiting_.front();
  while (!waiting_.empty()) {
    if (held_.size() >= count_ && !is_overdue(*held_.front())) break;
    if (held_.size() >= count_) held_.pop_front();
    Turn& next = *waiting_.front();
    waiting_.pop_front();
    held_.push_back(&next);
    next.came_ = true;
    next.since_ = steady_clock::now();
    tell(next, self);
  }
  // Whoever is the first in line now watches the clock.
  if (!waiting_.empty() && waiting_.front() != front) tell(*waiting_.front(), self);
}

Turn::Turn(Turns& turns, Executor loop) : turns_(turns), loop_(loop), signal_(std::make_shared<Signal>(loop)) {
  const std::scoped_lock lock(turns_.mutex_);
  turns_.waiting_.push_back(this);
  turns_.admit(this);
}

Turn::~Turn() {
  const std::scoped_lock lock(turns_.mutex_);
  const bool was_front = !turns_.waiting_.empty() && turns_.waiting_.front() == this;
  turns_.waiting_.remove(this);
  turns_.held_.remove(this);
  turns_.admit(this);
  if (was_front && !turns_.waiting_.empty()) turns_.tell(*turns_.waiting_.front(), this);
}

std::optional<Turns::Duration> Turn::left() {
  const std::scoped_lock lock(turns_.mutex_);
  turns_.admit(this);
  if (came_) return std::nullopt;
  if (turns_.limit_ == Turns::Duration::max() || turns_.waiting_.front() != this) return Turns::Duration::max();
  const Turns::Duration left = turns_.held_.front()->since_ + turns_.limit_ - steady_clock::now();
  return std::max(left, Turns::Duration::zero());
}

Task<void> Turn::wait() {
  for (auto left_now = left(); left_now; left_now = left()) {
    if (*left_now == Turns::Duration::max()) {
      co_await signal_->wait();
    } else {
      co_await signal_->wait_for(*left_now);
    }
  }
}

}  // namespace berth::base
