// SPDX-License-Identifier: Apache-2.0
#include "controller/work_loop.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/log.hpp"

namespace berth::controller {

using base::Task;

WorkLoop::WorkLoop(std::string name, base::Clock& clock, base::Metrics& metrics, base::Executor loop,
                   WorkLoopOptions options)
    : name_(std::move(name)),
      clock_(clock),
      pass_(std::move(options.pass)),
      queue_(name_, metrics, options.backoff, std::move(options.lanes)),
      moved_(loop),
      passes_(metrics.counter("berth_reconcile_total", "Passes of a reconciler.", {{"controller", name_}})),
      errors_(
          metrics.counter("berth_reconcile_errors_total", "Passes that ended with an error.", {{"controller", name_}})),
      scope_(loop, "work of " + name_) {}

void WorkLoop::start() { scope_.spawn(dispatch()); }

void WorkLoop::add(const Key& key) {
  queue_.add(key, clock_.steady_now());
  moved_.notify();
}

void WorkLoop::add_now(const Key& key) {
  queue_.add_now(key, clock_.steady_now());
  moved_.notify();
}

void WorkLoop::add_anew(const Key& key) {
  queue_.add_anew(key, clock_.steady_now());
  moved_.notify();
}

Task<void> WorkLoop::stop() {
  scope_.cancel();
  co_await scope_.join();
}

Task<void> WorkLoop::dispatch() {
  using namespace base::asio::experimental::awaitable_operators;
  for (;;) {
    while (const std::optional<Key> key = queue_.take(clock_.steady_now())) scope_.spawn(work(*key));
    const std::optional<base::SteadyTime> due = queue_.next_due();
    if (!due) {
      co_await moved_.wait();
      continue;
    }
    try {
      co_await (moved_.wait() || clock_.sleep_until(*due));
    } catch (const base::asio::multiple_exceptions&) {
      co_return;  // stop() has cancelled both
    }
  }
}

Task<void> WorkLoop::work(Key key) {
  passes_.increment();
  std::exception_ptr error;
  Requeue again = Requeue::never();
  try {
    again = co_await pass_(key);
  } catch (...) {
    error = std::current_exception();
  }
  const base::SteadyTime now = clock_.steady_now();
  if (error) {
    back_off(key, base::to_status(error), now);
  } else {
    if (!again.under_way()) queue_.forget(key);
    if (again.delay()) queue_.add_at(key, now + *again.delay());
  }
  queue_.done(key, now);
  moved_.notify();
}

void WorkLoop::back_off(const Key& key, const base::Status& error, base::SteadyTime now) {
  if (error.reason() == base::Reason::Cancelled) return;
  errors_.increment();
  const auto delay = queue_.retry(key, now);
  base::log_warning("reconcile failed", {{"controller", name_},
                                         {"namespace", key.ns},
                                         {"name", key.name},
                                         {"error", error.what()},
                                         {"retry_ms", std::to_string(delay.count())}});
}

}  // namespace berth::controller
