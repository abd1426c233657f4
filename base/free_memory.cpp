// SPDX-License-Identifier: Apache-2.0
#include "base/free_memory.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>

#include "base/run_on.hpp"

namespace berth::base {
namespace {

constexpr std::int64_t kWorth = 1024 * 1024;

// Of a thread's blocks: mallopt(3) cannot change them, and GLIBC_TUNABLES names them tcache_count and tcache_max.
constexpr std::size_t kLeastBlock = 24;
constexpr std::size_t kBlockStep = 16;
constexpr std::size_t kBlockSizes = 64;
constexpr std::size_t kBlocksOfSize = 7;

using Blocks = std::array<void*, kBlockSizes * kBlocksOfSize>;

void take(Blocks& blocks) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    void* volatile block = std::malloc(kLeastBlock + i / kBlocksOfSize * kBlockStep);  // volatile: it is not left out
    blocks[i] = block;
  }
}

void free_all(const Blocks& blocks) {
  for (void* const block : blocks) std::free(block);
}

Task<void> gather_blocks() {
  gather_thread_blocks();
  co_return;
}

// Resident pages of no file, less what is allocated.
std::int64_t unused_bytes() {
  std::ifstream file("/proc/self/statm");  // proc(5): size, resident, shared, in pages
  std::int64_t size = 0, resident = 0, shared = 0;
  file >> size >> resident >> shared;
  const struct mallinfo2 all = ::mallinfo2();
  return (resident - shared) * ::sysconf(_SC_PAGESIZE) - static_cast<std::int64_t>(all.uordblks + all.hblkhd);
}

}  // namespace

bool FreeMemory::worth_it(std::int64_t unused_bytes) {
  stuck_bytes_ = std::min(stuck_bytes_, unused_bytes);
  return unused_bytes - stuck_bytes_ > kWorth;
}

Task<void> FreeMemory::give_back() {
  if (!worth_it(unused_bytes())) co_return;
  for (const Executor& loop : loops_) co_await run_on(loop, gather_blocks());
  ::malloc_trim(0);
  stuck_bytes_ = unused_bytes();
}

void gather_thread_blocks() {
  Blocks kept, others;
  take(kept);    // those of the thread come first
  take(others);  // cut from the smallest room that there is
  free_all(others);
  free_all(kept);  // the thread has enough by now
}

}  // namespace berth::base
