// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

struct Said {
  int code;
  std::string error;
};

Said run(std::vector<const char*> words) {
  words.insert(words.begin(), "berth");
  ::testing::internal::CaptureStderr();
  const int code = CommandLine().run(static_cast<int>(words.size()), words.data());
  return {code, ::testing::internal::GetCapturedStderr()};
}

TEST(CommandLine, NamesTheWordThatIsNoCommand) {
  EXPECT_EQ(run({"nonsense"}).code, 1);
  EXPECT_EQ(run({"nonsense"}).error, "error: unknown command \"nonsense\"\nSee 'berth --help' for usage.\n");
  EXPECT_EQ(run({"auth", "nonsense"}).error, "error: unknown command \"nonsense\"\nSee 'berth --help' for usage.\n");
  EXPECT_EQ(run({"-n", "team"}).error, "error: A subcommand is required\nSee 'berth --help' for usage.\n");
}

TEST(CommandLine, AnEmptyHostDirIsNone) {
  const auto said = [](const char* folder) {
    return run({"compose", "--host-dir", folder, "-f", "/dev/null/nosuch.yaml", "config"}).error;
  };
  EXPECT_NE(said("").find("\"/dev/null/nosuch.yaml\" does not exist"), std::string::npos) << said("");
  EXPECT_NE(said("here").find("must be an absolute path: here"), std::string::npos) << said("here");
}

}  // namespace
}  // namespace berth::cli
