// SPDX-License-Identifier: Apache-2.0
#pragma once
// Template bodies of base/scope.hpp.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <future>
#include <optional>

#include "base/scope.hpp"
#include "base/status.hpp"

namespace berth::base {

template <class T>
Task<T> within(std::chrono::steady_clock::duration limit, std::string what, Task<T> task) {
  using namespace asio::experimental::awaitable_operators;
  auto winner = co_await (std::move(task) || sleep_for(limit));
  if (winner.index() == 1) {
    throw timeout(what + ": no answer within " +
                  std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(limit).count()) + " ms");
  }
  if constexpr (!std::is_void_v<T>) co_return std::move(std::get<0>(winner));
}

template <class T>
T run(Task<T> task) {
  asio::io_context context(1);
  std::exception_ptr error;
  if constexpr (std::is_void_v<T>) {
    asio::co_spawn(context.get_executor(), std::move(task), [&error](std::exception_ptr e) { error = std::move(e); });
    context.run();
    if (error) std::rethrow_exception(error);
  } else {
    std::optional<T> result;
    asio::co_spawn(context.get_executor(), std::move(task), [&](std::exception_ptr e, T value) {
      error = std::move(e);
      if (!error) result.emplace(std::move(value));
    });
    context.run();
    if (error) std::rethrow_exception(error);
    return std::move(*result);
  }
}

}  // namespace berth::base
