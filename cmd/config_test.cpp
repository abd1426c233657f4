// SPDX-License-Identifier: Apache-2.0
#include "cmd/config.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/status.hpp"

namespace berth::cmd {
namespace {

Config read(std::vector<const char*> args) {
  args.insert(args.begin(), "berthd");
  return read_config(static_cast<int>(args.size()), args.data());
}

std::string refusal(std::vector<const char*> args) {
  try {
    read(std::move(args));
  } catch (const base::Status& status) {
    return status.message();
  }
  return "accepted";
}

class ConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    file_ = std::filesystem::path(::testing::TempDir()) /
            (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".yaml");
    ::unsetenv("BERTH_DATA_DIR");
    ::unsetenv("DOCKER_HOST");
  }
  void TearDown() override {
    ::unsetenv("BERTH_DATA_DIR");
    std::filesystem::remove(file_);
  }
  void write(std::string_view text) { std::ofstream(file_) << text; }
  std::filesystem::path file_;
};

TEST_F(ConfigTest, DefaultsAreTheDesigns) {
  const Config config = read({});
  EXPECT_EQ(config.data_dir, "/var/lib/berth");
  EXPECT_EQ(config.key_dir, "/var/lib/berth.keys");
  EXPECT_EQ(config.listen, "127.0.0.1:7443");
  EXPECT_EQ(config.metrics_listen, "127.0.0.1:7444");
  EXPECT_EQ(config.docker_socket, "/var/run/docker.sock");
  EXPECT_EQ(config.audit_keep_records, 1'000'000u);
  EXPECT_EQ(config.audit_keep_days, 90u);
  EXPECT_EQ(config.action, Config::Action::Serve);
}

TEST_F(ConfigTest, TheAuditIsKeptByCountAndByAge) {
  const Config config = read({"--audit-keep-records", "0", "--audit-keep-days=7", "--verify-audit"});
  EXPECT_EQ(config.audit_keep_records, 0u);
  EXPECT_EQ(config.audit_keep_days, 7u);
  EXPECT_EQ(config.action, Config::Action::VerifyAudit);
  EXPECT_EQ(refusal({"--audit-keep-days", "-1"}), "audit-keep-days: \"-1\" is no whole number from 0 to 36500");
}

TEST_F(ConfigTest, FlagWinsOverEnvironmentWinsOverFile) {
  write("data-dir: /from-file\nlisten: 127.0.0.1:1\nloops: 3\n");
  EXPECT_EQ(read({"--config", file_.c_str()}).data_dir, "/from-file");
  ::setenv("BERTH_DATA_DIR", "/from-environment", 1);
  EXPECT_EQ(read({"--config", file_.c_str()}).data_dir, "/from-environment");
  const Config config = read({"--config", file_.c_str(), "--data-dir", "/from-flag"});
  EXPECT_EQ(config.data_dir, "/from-flag");
  EXPECT_EQ(config.listen, "127.0.0.1:1");
  EXPECT_EQ(config.loops, 3U);
}

TEST_F(ConfigTest, BadSettingsSayWhatIsAllowed) {
  EXPECT_EQ(refusal({"--log-level", "loud"}), "log-level: \"loud\" is none of debug, info, warning, error");
  EXPECT_EQ(refusal({"--loops", "-1"}), "loops: \"-1\" is no whole number from 0 to 256");
  write("dta-dir: /x\n");
  EXPECT_NE(refusal({"--config", file_.c_str()}).find("unknown setting \"dta-dir\""), std::string::npos);
  write("- a\n");
  EXPECT_NE(refusal({"--config", file_.c_str()}).find("must hold a mapping"), std::string::npos);
}

TEST_F(ConfigTest, DockerHostNamesTheLocalSocket) {
  ::setenv("DOCKER_HOST", "unix:///run/other.sock", 1);
  EXPECT_EQ(read({}).docker_socket, "/run/other.sock");
  ::setenv("DOCKER_HOST", "tcp://192.0.2.1:2376", 1);
  EXPECT_EQ(read({}).docker_socket, "/var/run/docker.sock");
  ::unsetenv("DOCKER_HOST");
}

}  // namespace
}  // namespace berth::cmd
