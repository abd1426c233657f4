// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the allocator keeps of memory that was freed. glibc returns only the end of each heap by itself: after a crowd
// of clients has left, a few live blocks would hold all that the crowd took.
#include <cstdint>
#include <vector>

#include "base/task.hpp"

namespace berth::base {

class FreeMemory {
 public:
  // Loops whose threads serve the crowd. They must outlive every give_back().
  explicit FreeMemory(std::vector<Executor> loops = {}) : loops_(std::move(loops)) {}

  // Gives free pages back to the kernel when there are more of them than could not be given back the last time.
  // Takes milliseconds, in which allocations of other threads may wait. One at a time.
  Task<void> give_back();

  // Whether so many resident bytes that hold nothing are worth the work. Below 0: blocks in use that nobody touched.
  bool worth_it(std::int64_t unused_bytes);

 private:
  std::vector<Executor> loops_;
  std::int64_t stuck_bytes_ = 0;  // unused, between blocks in use: the least seen since they were last given back
};

// glibc keeps some freed blocks of each small size for the thread that freed them, until it ends, and with them the
// pages they lie in. Makes those of this thread be some that lie side by side instead.
void gather_thread_blocks();

}  // namespace berth::base
