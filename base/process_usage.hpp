// SPDX-License-Identifier: Apache-2.0
#pragma once
// What this process uses, as Linux sees it in /proc/self.
#include <cstdint>

namespace berth::base {

struct ProcessUsage {
  double cpu_seconds = 0;  // user and system
  double start_time = 0;   // seconds since 1970
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
  std::uint64_t threads = 0;
};

// Figures that /proc does not give stay 0.
ProcessUsage read_process_usage();

}  // namespace berth::base
