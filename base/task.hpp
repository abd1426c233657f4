// SPDX-License-Identifier: Apache-2.0
#pragma once
// Coroutines. A Task runs on one event loop (an io_context with one thread) for life, so what it owns needs no
// lock. Arguments go by value, or by reference to something that outlives the Scope; no capturing lambda
// coroutines, because the captures die with the lambda.
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace berth::base {

namespace asio = boost::asio;

// The typed executor: any_io_executor costs half a microsecond a request.
using Executor = asio::io_context::executor_type;

template <class T>
using Task = asio::awaitable<T, Executor>;

using UseTask = asio::use_awaitable_t<Executor>;
inline constexpr UseTask use_task{};

using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

// The event loop this coroutine runs on.
inline auto this_loop() { return asio::this_coro::executor; }

// Sleeps on the real clock. Throws Cancelled's system_error when the owner ends the task. Controllers, whose
// time tests must turn, sleep on a Clock instead.
Task<void> sleep_for(std::chrono::steady_clock::duration duration);

// A wake-up between coroutines of one loop. notify() wakes every current waiter; a notify without a waiter is
// remembered once. Outlives its waiters.
class Signal {
 public:
  explicit Signal(Executor loop);
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  void notify();
  // Returns after the next notify, or at once if one is remembered.
  Task<void> wait();
  // True when notified, false when `duration` of the real clock passed first.
  Task<bool> wait_for(std::chrono::steady_clock::duration duration);

 private:
  struct Waiter;
  Task<bool> wait_until(Timer::time_point when);

  Executor loop_;
  std::list<Waiter*> waiters_;
  bool pending_ = false;
};

// Queues `work` on a loop of another thread. asio::post alone still touches the loop after the work may have run and
// ended it; this keeps the loop until the call is over.
template <class Work>
void post_to(const Executor& loop, Work work) {
  const auto guard = asio::make_work_guard(loop);
  asio::post(loop, std::move(work));
}

// Queues `work` for the process's small pool of blocking threads. For coroutines see blocking() below.
void post_blocking(std::function<void()> work);

// Runs `work` on that pool (files, getaddrinfo, key derivation) and resumes on the caller's loop with its result
// or its exception. A cancel is seen only after `work` has returned.
template <class Work>
auto blocking(Work work) -> Task<std::invoke_result_t<Work>> {
  using Result = std::invoke_result_t<Work>;
  const Executor loop = co_await this_loop();
  std::exception_ptr error;
  if constexpr (std::is_void_v<Result>) {
    co_await asio::async_initiate<const UseTask, void()>(
        [&error, &work, loop](auto handler) {
          // std::function wants a copyable target, and the handler is not.
          auto shared = std::make_shared<decltype(handler)>(std::move(handler));
          post_blocking([&error, &work, loop, shared] {
            try {
              work();
            } catch (...) {
              error = std::current_exception();
            }
            post_to(loop, [shared] { (*shared)(); });
          });
        },
        use_task);
    if (error) std::rethrow_exception(error);
  } else {
    std::optional<Result> result;
    auto run = [&result, &work] { result.emplace(work()); };
    co_await blocking(std::ref(run));
    co_return std::move(*result);
  }
}

}  // namespace berth::base
