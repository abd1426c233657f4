// SPDX-License-Identifier: Apache-2.0
#pragma once
// Template bodies of base/scope.hpp: thin wraps, so that what is heavy is compiled once, for void.
#include <optional>

#include "base/scope.hpp"

namespace berth::base {

template <>
Task<void> within(std::chrono::steady_clock::duration limit, std::string what, Task<void> task);
template <>
void run(Task<void> task);

template <class T>
Task<void> keep_result(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}

template <class T>
Task<T> within(std::chrono::steady_clock::duration limit, std::string what, Task<T> task) {
  std::optional<T> result;
  co_await within(limit, std::move(what), keep_result(std::move(task), result));
  co_return std::move(*result);
}

template <class T>
T run(Task<T> task) {
  std::optional<T> result;
  run(keep_result(std::move(task), result));
  return std::move(*result);
}

}  // namespace berth::base
