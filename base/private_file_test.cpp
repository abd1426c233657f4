// SPDX-License-Identifier: Apache-2.0
#include "base/private_file.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "base/status.hpp"

namespace berth::base {
namespace {

namespace fs = std::filesystem;

class PrivateFile : public testing::Test {
 protected:
  PrivateFile() : folder_(fs::temp_directory_path() / ("berth-" + random_hex(8))) { fs::create_directory(folder_); }
  ~PrivateFile() override { fs::remove_all(folder_); }
  const fs::path folder_;
};

template <class Work>
Status thrown_by(Work work) {
  try {
    work();
  } catch (const Status& status) {
    return status;
  }
  ADD_FAILURE() << "nothing was thrown";
  return internal_error("");
}

TEST_F(PrivateFile, IsReadBackAndHasMode0600) {
  const auto path = folder_ / "key";
  write_private_file(path, "one");
  write_private_file(path, std::string("t\0o", 3));
  EXPECT_EQ(read_private_file(path), std::string("t\0o", 3));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1) << "no temporary file is left";
}

TEST_F(PrivateFile, ThatOthersMayReadIsRefusedWithItsMode) {
  const auto path = folder_ / "key";
  write_private_file(path, "secret");
  fs::permissions(path, fs::perms::group_read, fs::perm_options::add);
  const Status status = thrown_by([&] { read_private_file(path); });
  EXPECT_EQ(status.reason(), Reason::Forbidden);
  EXPECT_NE(status.message().find("mode 0640"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find(path.string()), std::string::npos);
}

TEST_F(PrivateFile, ThatIsAbsentIsNotFound) {
  EXPECT_EQ(thrown_by([&] { read_private_file(folder_ / "none"); }).reason(), Reason::NotFound);
  EXPECT_EQ(thrown_by([&] { write_private_file(folder_ / "none" / "key", ""); }).reason(), Reason::NotFound);
}

TEST_F(PrivateFile, FolderIsMadePrivateAndHeldToIt) {
  const auto path = folder_ / "keys";
  make_private_folder(path);
  make_private_folder(path);
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
  fs::permissions(path, fs::perms::others_exec, fs::perm_options::add);
  EXPECT_EQ(thrown_by([&] { make_private_folder(path); }).reason(), Reason::Forbidden);
}

}  // namespace
}  // namespace berth::base
