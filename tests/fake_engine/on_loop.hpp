// SPDX-License-Identifier: Apache-2.0
#pragma once
// For plain test bodies: runs a task on a loop's thread and waits for its result.
#include <optional>

#include "base/scope.hpp"

namespace berth::fake_engine {

template <class T>
T on_loop(base::Loop& loop, base::Task<T> task) {
  std::optional<T> result;
  loop.run_and_wait([&] { return base::keep_result(std::move(task), result); });
  return std::move(*result);
}

inline void on_loop(base::Loop& loop, base::Task<void> task) {
  loop.run_and_wait([&] { return std::move(task); });
}

// Destroys what belongs to the loop there.
template <class T>
base::Task<void> destroy(std::unique_ptr<T>& owned) {
  owned.reset();
  co_return;
}

}  // namespace berth::fake_engine
