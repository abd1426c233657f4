// SPDX-License-Identifier: Apache-2.0
#include "base/process_usage.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace berth::base {
namespace {

// The machine's boot, in seconds since 1970.
double boot_time() {
  std::ifstream stat("/proc/stat");
  for (std::string word; stat >> word;) {
    double seconds = 0;
    if (word == "btime" && stat >> seconds) return seconds;
  }
  return 0;
}

std::uint64_t count_open_fds() {
  std::error_code error;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end; it.increment(error)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // less the one that reads the folder
}

}  // namespace

ProcessUsage read_process_usage() {
  ProcessUsage usage;
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  // The name in parentheses may hold spaces and parentheses: count from the last one. Fields as in proc(5).
  const auto name_end = line.rfind(')');
  if (name_end != std::string::npos) {
    std::istringstream fields(line.substr(name_end + 1));
    std::string skipped;
    for (int field = 3; field <= 13; ++field) fields >> skipped;
    std::uint64_t user = 0, system = 0, started = 0, pages = 0;
    fields >> user >> system;  // 14, 15
    for (int field = 16; field <= 19; ++field) fields >> skipped;
    fields >> usage.threads >> skipped >> started;  // 20, 21, 22
    fields >> usage.virtual_bytes >> pages;         // 23, 24
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    static const double boot = boot_time();
    usage.cpu_seconds = static_cast<double>(user + system) / ticks;
    usage.start_time = boot + static_cast<double>(started) / ticks;
    usage.resident_bytes = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
  usage.open_fds = count_open_fds();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.max_fds = limit.rlim_cur;
  return usage;
}

}  // namespace berth::base
