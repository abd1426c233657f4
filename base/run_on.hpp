// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a task on another loop and resumes on the caller's with its result or its exception. A cancel of the caller
// reaches the task. The task's arguments are touched by both threads, one after the other.
#include <boost/asio/co_spawn.hpp>

#include "base/task.hpp"

namespace berth::base {

template <class T>
Task<T> run_on(Executor loop, Task<T> task) {
  co_return co_await asio::co_spawn(loop, std::move(task), use_task);
}

}  // namespace berth::base
