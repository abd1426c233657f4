// SPDX-License-Identifier: Apache-2.0
#pragma once
// For plain test bodies: runs a task on a loop's thread and waits for its result. An error is thrown here as a copy,
// because the last owner of an exception frees it, and ThreadSanitizer cannot see how libstdc++ counts owners.
#include <optional>

#include "base/scope.hpp"
#include "base/status.hpp"

namespace berth::fake_engine {

inline base::Task<void> keep_failure(base::Task<void> task, std::optional<base::Status>& failure) {
  try {
    co_await std::move(task);
  } catch (...) {
    failure = base::current_status();
  }
}

inline void on_loop(base::Loop& loop, base::Task<void> task) {
  std::optional<base::Status> failure;
  loop.run_and_wait([&] { return keep_failure(std::move(task), failure); });
  if (failure) throw base::Status(*failure);
}

template <class T>
T on_loop(base::Loop& loop, base::Task<T> task) {
  std::optional<T> result;
  on_loop(loop, base::keep_result(std::move(task), result));
  return std::move(*result);
}

// Destroys what belongs to the loop there.
template <class T>
base::Task<void> destroy(std::unique_ptr<T>& owned) {
  owned.reset();
  co_return;
}

}  // namespace berth::fake_engine
