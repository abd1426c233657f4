// SPDX-License-Identifier: Apache-2.0
#include "base/task.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/system/system_error.hpp>

namespace berth::base {
namespace {

// Twice as many as the store takes at once for watches that resume.
asio::thread_pool& blocking_pool() {
  static asio::thread_pool pool(4);
  return pool;
}

}  // namespace

Task<void> sleep_for(std::chrono::steady_clock::duration duration) {
  Timer timer(co_await this_loop());
  timer.expires_after(duration);
  co_await timer.async_wait(use_task);
}

// Lives on the waiting coroutine's frame, one timer each: waiters with different deadlines do not disturb each other.
struct Signal::Waiter {
  Timer timer;
  bool notified = false;
};

Signal::Signal(Executor loop) : loop_(std::move(loop)) {}

void Signal::notify() {
  if (waiters_.empty()) pending_ = true;
  for (Waiter* waiter : std::exchange(waiters_, {})) {
    waiter->notified = true;
    waiter->timer.cancel();
  }
}

Task<void> Signal::wait() { co_await wait_until(Timer::time_point::max()); }

Task<bool> Signal::wait_for(std::chrono::steady_clock::duration duration) {
  return wait_until(std::chrono::steady_clock::now() + duration);
}

Task<bool> Signal::wait_until(Timer::time_point when) {
  if (std::exchange(pending_, false)) co_return true;
  Waiter waiter{Timer(loop_, when)};
  waiters_.push_back(&waiter);
  boost::system::error_code ignored;
  co_await waiter.timer.async_wait(asio::redirect_error(use_task, ignored));
  std::erase(waiters_, &waiter);
  // The owner's cancel and notify() look alike to the timer; a wake-up that meets a cancel is kept for the next waiter.
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    if (waiter.notified) notify();
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return waiter.notified;
}

void post_blocking(std::function<void()> work) { asio::post(blocking_pool(), std::move(work)); }

}  // namespace berth::base
