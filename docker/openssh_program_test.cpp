// SPDX-License-Identifier: Apache-2.0
#include "docker/openssh_program.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>

namespace berth::docker {
namespace {

// Waits for a child, and leaves it to be waited for.
void wait_for_an_end() {
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(info.si_code, CLD_EXITED);
}

// In files of ours that have no name.
std::int64_t bytes_held() {
  std::int64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    struct stat facts{};
    if (::stat(entry.path().c_str(), &facts) == 0 && facts.st_nlink == 0) bytes += facts.st_blocks * 512;
  }
  return bytes;
}

// A server may make ssh say as much as it likes.
TEST(OpensshProgram, EndsAndFillsNoMemoryHoweverMuchItSays) {
  OpensshProgram program({"/bin/sh", "-c", "/usr/bin/head -c 10485760 /dev/zero >&2; exit 0"});
  wait_for_an_end();
  EXPECT_LT(bytes_held(), 1024 * 1024);
  EXPECT_TRUE(program.ended());
  EXPECT_EQ(program.errors().size(), 4096u);
}

TEST(OpensshProgram, KeepsWhatWasSaidLast) {
  OpensshProgram program({"/bin/sh", "-c", "printf %9000s x >&2; echo last >&2; echo out"});
  wait_for_an_end();
  EXPECT_TRUE(program.ended());
  EXPECT_EQ(program.errors().size(), 4096u);
  EXPECT_TRUE(program.errors().ends_with("xlast\n"));
  EXPECT_EQ(program.output(), "out\n");
}

}  // namespace
}  // namespace berth::docker
