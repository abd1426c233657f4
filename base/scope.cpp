// SPDX-License-Identifier: Apache-2.0
#include "base/scope.hpp"

#include <pthread.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/log.hpp"

namespace berth::base {

Scope::Scope(Executor loop, std::string name) : loop_(loop), name_(std::move(name)), joined_(loop) {
  joined_.expires_at(Timer::time_point::max());
}

Scope::~Scope() {
  if (signals_.empty()) return;
  std::fprintf(stderr, "scope %s destroyed with %zu tasks running\n", name_.c_str(), signals_.size());
  std::abort();
}

void Scope::spawn(Task<void> task) {
  const auto signal = signals_.emplace(signals_.end());
  asio::co_spawn(loop_, std::move(task),
                 asio::bind_cancellation_slot(signal->slot(), [this, signal](std::exception_ptr error) {
                   signals_.erase(signal);
                   if (error) {
                     const Status status = to_status(std::move(error));
                     if (status.reason() != Reason::Cancelled) {
                       log_error("task ended with an error", {{"scope", name_}, {"error", status.what()}});
                     }
                   }
                   if (signals_.empty()) joined_.cancel();
                 }));
  if (cancelled_) {
    // co_spawn starts the task by a post, so the cancel must come after it to be seen.
    asio::post(loop_, [this] { cancel(); });
  }
}

void Scope::spawn_from_anywhere(std::function<Task<void>()> make) {
  asio::post(loop_, [this, make = std::move(make)] { spawn(make()); });
}

void Scope::cancel() {
  cancelled_ = true;
  // A cancelled task may end at once and erase its own entry.
  for (auto it = signals_.begin(); it != signals_.end();) {
    auto& signal = *it++;
    signal.emit(asio::cancellation_type::terminal);
  }
}

Task<void> Scope::join() {
  // Clean-up must be able to wait even when its own task was cancelled.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  while (!signals_.empty()) {
    boost::system::error_code ignored;
    co_await joined_.async_wait(asio::redirect_error(use_task, ignored));
  }
}

struct Loop::Thread {
  asio::executor_work_guard<Executor> work;
  std::thread thread;
};

Loop::Loop(std::string thread_name) : context_(std::make_unique<asio::io_context>(1)) {
  auto* context = context_.get();
  thread_ = std::make_unique<Thread>(Thread{asio::make_work_guard(*context), {}});
  thread_->thread = std::thread([context, thread_name] {
    pthread_setname_np(pthread_self(), thread_name.substr(0, 15).c_str());
    context->run();
  });
}

Loop::~Loop() {
  thread_->work.reset();
  thread_->thread.join();
}

void Loop::run_and_wait(std::function<Task<void>()> make) {
  std::promise<void> done;
  asio::co_spawn(executor(), make(), [&done](std::exception_ptr error) {
    if (error) {
      done.set_exception(std::move(error));
    } else {
      done.set_value();
    }
  });
  done.get_future().get();
}

}  // namespace berth::base
