// SPDX-License-Identifier: Apache-2.0
#include "base/free_memory.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace berth::base {
namespace {

constexpr std::int64_t kWorth = 1024 * 1024;

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

void FreeMemory::give_back() {
  if (!worth_it(unused_bytes())) return;
  ::malloc_trim(0);
  stuck_bytes_ = unused_bytes();
}

}  // namespace berth::base
