// SPDX-License-Identifier: Apache-2.0
#include "base/scope.hpp"

#include <pthread.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>

#include "base/log.hpp"
#include "base/status.hpp"

namespace berth::base {
namespace {

// co_spawn runs a task inline up to its first wait, which would surprise a caller that is half way through a change.
Task<void> start_later(Task<void> task) {
  co_await asio::post(use_task);
  co_await std::move(task);
}

Task<void> run_made(std::function<Task<void>()> make) { co_await make(); }

}  // namespace

Scope::Scope(Executor loop, std::string name) : loop_(std::move(loop)), name_(std::move(name)), joined_(loop_) {
  joined_.expires_at(Timer::time_point::max());
}

Scope::~Scope() {
  if (running() == 0) return;
  std::fprintf(stderr, "scope %s destroyed with %zu tasks running\n", name_.c_str(), running());
  std::abort();
}

void Scope::spawn(Task<void> task) {
  if (cancelled_) return;
  const auto signal = signals_.emplace(signals_.end());
  asio::co_spawn(loop_, start_later(std::move(task)),
                 asio::bind_cancellation_slot(
                     signal->slot(), [this, signal](std::exception_ptr error) { end_task(signal, std::move(error)); }));
}

void Scope::end_task(std::list<asio::cancellation_signal>::iterator signal, std::exception_ptr error) {
  signals_.erase(signal);
  if (error) {
    const Status status = to_status(std::move(error));
    if (status.reason() != Reason::Cancelled) {
      log_error("task ended with an error", {{"scope", name_}, {"error", status.what()}});
    }
  }
  if (running() == 0) joined_.cancel();
}

void Scope::spawn_from_anywhere(std::function<Task<void>()> make) {
  ++arriving_;
  post_to(loop_, [this, make = std::move(make)] {
    spawn(run_made(make));
    --arriving_;
    if (running() == 0) joined_.cancel();
  });
}

void Scope::cancel() {
  cancelled_ = true;
  // A cancelled task may end at once and erase its own entry.
  for (auto it = signals_.begin(); it != signals_.end();) {
    auto& signal = *it++;
    signal.emit(asio::cancellation_type::terminal);
  }
}

// A suspended coroutine, resumed when no task runs.
class Scope::Joiner : public std::enable_shared_from_this<Scope::Joiner> {
 public:
  using Thread = asio::detail::awaitable_thread<Executor>;

  Joiner(Scope& scope, Thread caller) : scope_(scope), caller_(std::move(caller)) {}

  void begin() {
    if (auto slot = caller_.get_cancellation_slot(); slot.is_connected()) {
      slot.assign([this](asio::cancellation_type) { scope_.cancel(); });
    }
    if (scope_.running() > 0) return wait();
    asio::post(scope_.loop_, [self = shared_from_this()] { self->go_on(); });
  }

 private:
  void wait() {
    scope_.joined_.async_wait([self = shared_from_this()](boost::system::error_code) { self->go_on(); });
  }

  void go_on() {
    if (scope_.running() > 0) return wait();
    caller_.get_cancellation_slot().clear();
    caller_.launch();
  }

  Scope& scope_;
  Thread caller_;
};

asio::detail::awaitable_thread<Executor>* Scope::Join::operator()(
    asio::detail::awaitable_frame_base<Executor>* caller) {
  std::make_shared<Joiner>(*scope_, std::move(*caller->detach_thread()))->begin();
  return nullptr;
}

template <>
Task<void> within(std::chrono::steady_clock::duration limit, std::string what, Task<void> task) {
  const Executor loop = co_await this_loop();
  Timer timer(loop, limit);
  // Not `task || sleep`: that operator waits for a success, so an error of the task would wait for the timer.
  auto race = asio::experimental::make_parallel_group(asio::co_spawn(loop, std::move(task), asio::deferred),
                                                      timer.async_wait(asio::deferred));
  auto [order, error, timer_error] = co_await race.async_wait(asio::experimental::wait_for_one(), use_task);
  if (timer_error) {  // the task was first
    if (error) std::rethrow_exception(std::move(error));
    co_return;
  }
  throw timeout(what + ": no answer within " +
                std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(limit).count()) + " ms");
}

template <>
void run(Task<void> task) {
  asio::io_context context(1);
  std::exception_ptr failure;
  asio::co_spawn(context.get_executor(), std::move(task),
                 [&failure](std::exception_ptr error) { failure = std::move(error); });
  context.run();
  if (failure) std::rethrow_exception(std::move(failure));
}

struct Loop::Thread {
  asio::executor_work_guard<Executor> work;
  std::thread thread;
};

Loop::Loop(const std::string& thread_name) : context_(std::make_unique<asio::io_context>(1)) {
  auto* context = context_.get();
  thread_ = std::make_unique<Thread>(Thread{asio::make_work_guard(*context), {}});
  thread_->thread = std::thread([context, name = thread_name.substr(0, 15)] {
    pthread_setname_np(pthread_self(), name.c_str());
    context->run();
  });
}

Loop::~Loop() {
  thread_->work.reset();
  thread_->thread.join();
}

void Loop::run_and_wait(const std::function<Task<void>()>& make) {
  // Shared, because set_value() may still be at work when the waiting thread goes on.
  auto done = std::make_shared<std::promise<std::exception_ptr>>();
  auto outcome = done->get_future();
  asio::co_spawn(executor(), make(), [done](std::exception_ptr error) { done->set_value(std::move(error)); });
  if (std::exception_ptr error = outcome.get()) std::rethrow_exception(std::move(error));
}

}  // namespace berth::base
