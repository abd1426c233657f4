// SPDX-License-Identifier: Apache-2.0
#pragma once
// A small value that several threads change, under its own lock. For counts and registers; what is read on a hot
// path is immutable and shared instead.
#include <mutex>
#include <utility>

namespace berth::base {

template <class T>
class Guarded {
 public:
  // Runs `use(value)` under the lock and gives what it returns. `use` does not wait and does not call back.
  template <class Use>
  auto with(Use&& use) {
    const std::scoped_lock lock(mutex_);
    return std::forward<Use>(use)(value_);
  }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace berth::base
