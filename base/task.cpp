// SPDX-License-Identifier: Apache-2.0
#include "base/task.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/thread_pool.hpp>

namespace berth::base {
namespace {

asio::thread_pool& blocking_pool() {
  static asio::thread_pool pool(2);
  return pool;
}

}  // namespace

Task<void> sleep_for(std::chrono::steady_clock::duration duration) {
  Timer timer(co_await this_loop());
  timer.expires_after(duration);
  co_await timer.async_wait(use_task);
}

Signal::Signal(Executor loop) : timer_(loop) { timer_.expires_at(Timer::time_point::max()); }

void Signal::notify() {
  pending_ = true;
  timer_.cancel();
}

Task<void> Signal::wait() {
  co_await wait_for(std::chrono::hours(24 * 365));
}

Task<bool> Signal::wait_for(std::chrono::steady_clock::duration duration) {
  if (!pending_) {
    timer_.expires_after(duration);
    boost::system::error_code code;
    co_await timer_.async_wait(asio::redirect_error(use_task, code));
    // A cancel by the owner and a cancel by notify() look alike to the timer; only the owner's is an error.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  }
  co_return std::exchange(pending_, false);
}

void post_blocking(std::function<void()> work) { asio::post(blocking_pool(), std::move(work)); }

}  // namespace berth::base
