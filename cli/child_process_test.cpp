// SPDX-License-Identifier: Apache-2.0
#include "cli/child_process.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"
#include "cli/temporary_folder.hpp"

namespace berth::cli {
namespace {

TEST(ChildProcess, GivesTheExitCodeOrTheSignal) {
  EXPECT_EQ(run_program({"sh", "-c", "exit 3"}), 3);
  EXPECT_EQ(run_program({"sh", "-c", "kill -TERM $$"}), 128 + 15);
}

TEST(ChildProcess, NamesWhatCannotBeRun) {
  try {
    run_program({"/nowhere/editor"});
    FAIL();
  } catch (const base::Status& status) {
    EXPECT_NE(status.message().find("failed to run \"/nowhere/editor\""), std::string::npos) << status.message();
  }
}

TEST(TemporaryFolder, GoesUnlessKept) {
  std::filesystem::path gone;
  std::filesystem::path kept;
  {
    TemporaryFolder one("one-");
    TemporaryFolder other("other-");
    write_text(one.path() / "file", "text\n");
    EXPECT_EQ(read_text(one.path() / "file"), "text\n");
    other.keep();
    gone = one.path();
    kept = other.path();
    EXPECT_EQ(std::filesystem::status(gone).permissions(), std::filesystem::perms::owner_all);
  }
  EXPECT_FALSE(std::filesystem::exists(gone));
  EXPECT_TRUE(std::filesystem::exists(kept));
  std::filesystem::remove_all(kept);
  EXPECT_THROW(read_text(gone / "file"), base::Status);
  EXPECT_THROW(write_text(gone / "file", ""), base::Status);
}

}  // namespace
}  // namespace berth::cli
