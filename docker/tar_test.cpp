// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/status.hpp"
#include "docker/client.hpp"
#include "tests/fake_engine/tar_reader.hpp"

namespace berth::docker {
namespace {

using fake_engine::FakeFile;
using fake_engine::read_tar;

TEST(Tar, FilesComeBackWithPathContentAndMode) {
  const std::string tar =
      make_tar({{"etc/app.conf", "answer=42\n", 0640}, {"/empty", ""}, {"run", std::string(512, 'x'), 0755}});
  EXPECT_EQ(tar.size() % 512, 0u);
  const auto files = read_tar(tar, "/");
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files.at("/etc/app.conf"), (FakeFile{"answer=42\n", 0640}));
  EXPECT_EQ(files.at("/empty"), (FakeFile{"", 0644}));
  EXPECT_EQ(files.at("/run"), (FakeFile{std::string(512, 'x'), 0755}));
}

TEST(Tar, LongPathsAreSplitAndTooLongOnesRefused) {
  const std::string folder(120, 'd');
  const std::string path = folder + "/" + std::string(90, 'f');
  EXPECT_EQ(read_tar(make_tar({{path, "x"}}), "/").count("/" + path), 1u);
  const std::string hundred(100, 'n');
  EXPECT_EQ(read_tar(make_tar({{hundred, "x"}}), "/").count("/" + hundred), 1u);
  EXPECT_THROW(make_tar({{std::string(101, 'n'), "x"}}), base::Status);
  EXPECT_THROW(make_tar({{std::string(200, 'd') + "/" + std::string(90, 'f'), "x"}}), base::Status);
  EXPECT_THROW(make_tar({{"/", "x"}}), base::Status);
}

}  // namespace
}  // namespace berth::docker
