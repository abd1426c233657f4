// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every coroutine has an owner. A Scope spawns tasks on its loop, cancels them and joins them; it is the only
// caller of co_spawn in the tree (a lint rule). Destroying a Scope whose tasks still run is a programming error
// and aborts: call cancel() and co_await join() first.
#include <atomic>
#include <boost/asio/cancellation_signal.hpp>
#include <list>
#include <string>

#include "base/task.hpp"

namespace berth::base {

class Scope {
 public:
  // `name` appears in the log line when a task ends with an error that nobody else saw.
  Scope(Executor loop, std::string name);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // Starts a task, never before the caller's next wait. Loop thread only. An exception that leaves the task is
  // logged, except Cancelled.
  void spawn(Task<void> task);
  // The same from any thread: `make` runs on the loop, and lives as long as its task, so that it may be a capturing
  // lambda coroutine. join() waits for it.
  void spawn_from_anywhere(std::function<Task<void>()> make);

  // Asks every running task to end; tasks spawned later never start. Loop thread only.
  void cancel();
  bool cancelled() const { return cancelled_; }
  // `co_await scope.join()` returns when no task runs. It never throws, also not to a caller that is cancelled already:
  // no task is left without its owner, and the caller's next wait throws. A cancel of the caller while it joins, so
  // also the end of a within() around it, cancels the scope. One that came earlier does not: who ends early for it
  // calls cancel() first. Loop thread only.
  class Join;
  Join join();
  std::size_t running() const { return signals_.size() + arriving_; }
  Executor loop() const { return loop_; }

 private:
  void end_task(std::list<asio::cancellation_signal>::iterator signal, std::exception_ptr error);

  class Joiner;

  Executor loop_;
  std::string name_;
  std::list<asio::cancellation_signal> signals_;
  std::atomic<std::size_t> arriving_ = 0;  // spawned from elsewhere, not yet on the loop
  Timer joined_;
  bool cancelled_ = false;
};

// Not a Task: the await of one throws before it begins when the caller is cancelled. This is the other form that a
// coroutine of Asio awaits, as its own operations do: it is called once the caller is suspended.
class Scope::Join {
 public:
  explicit Join(Scope& scope) : scope_(&scope) {}
  asio::detail::awaitable_thread<Executor>* operator()(asio::detail::awaitable_frame_base<Executor>* caller);

 private:
  Scope* scope_;
};

inline Scope::Join Scope::join() { return Join(*this); }

// The result of `task` or its error, or Status Timeout with `what` in its message when `limit` of the real clock
// passes first; the task is then cancelled and has ended when this returns.
template <class T>
Task<T> within(std::chrono::steady_clock::duration limit, std::string what, Task<T> task);

// Runs `task` to its end on a loop of this thread. For main() and tests.
template <class T>
T run(Task<T> task);

// One io_context on one thread of its own.
class Loop {
 public:
  explicit Loop(const std::string& thread_name);
  ~Loop();  // stops and joins; scopes on it must have been joined before
  Executor executor() { return context_->get_executor(); }

  // Runs the task that `make` returns on this loop, from another thread, and waits for its end; its exception is
  // thrown here. `make` lives until then, so it may be a capturing lambda coroutine.
  void run_and_wait(const std::function<Task<void>()>& make);

 private:
  struct Thread;
  std::unique_ptr<asio::io_context> context_;
  std::unique_ptr<Thread> thread_;
};

}  // namespace berth::base

#include "base/scope_inline.hpp"
