// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <sstream>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"

namespace berth::base {
namespace {

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(parse_json(line));
  return lines;
}

TEST(Log, WritesOneJsonObjectALine) {
  testing::internal::CaptureStderr();
  log_warning("image \"x\"\nmissing", {{"requestId", "r-1"}, {"container", "web\xff"}});
  const auto lines = lines_of(testing::internal::GetCapturedStderr());
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(string_at(lines[0], "level"), "warning");
  EXPECT_EQ(string_at(lines[0], "message"), "image \"x\"\nmissing");
  EXPECT_EQ(string_at(lines[0], "requestId"), "r-1");
  EXPECT_EQ(string_at(lines[0], "container"), "web\uFFFD");
  EXPECT_TRUE(parse_time(string_at(lines[0], "time")));
}

TEST(Log, KeepsToItsLevel) {
  testing::internal::CaptureStderr();
  log_debug("no");
  set_log_level(LogLevel::Debug);
  log_debug("yes");
  set_log_level(LogLevel::Error);
  log_warning("no");
  log_error("yes");
  set_log_level(LogLevel::Info);
  const auto lines = lines_of(testing::internal::GetCapturedStderr());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(string_at(lines[0], "level"), "debug");
  EXPECT_EQ(string_at(lines[1], "level"), "error");
}

TEST(Log, SaysWhetherALineWouldBeWritten) {
  set_log_level(LogLevel::Warning);
  EXPECT_FALSE(is_logged(LogLevel::Info));
  EXPECT_TRUE(is_logged(LogLevel::Warning));
  set_log_level(LogLevel::Info);
  EXPECT_TRUE(is_logged(LogLevel::Info));
}

TEST(Log, KeepsTheOrderAndWritesEverythingBeforeItStops) {
  testing::internal::CaptureStderr();
  start_log(LogLevel::Info);
  for (int i = 0; i < 1000; ++i) log_info(std::to_string(i));
  stop_log();
  log_info("after");
  const auto lines = lines_of(testing::internal::GetCapturedStderr());
  ASSERT_EQ(lines.size(), 1001U);
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_EQ(string_at(lines[i], "message"), std::to_string(i));
  EXPECT_EQ(string_at(lines[1000], "message"), "after");
}

TEST(Log, TakesLinesFromManyThreadsWhileItStartsAndStops) {
  testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 200; ++i) log_info("line");
    });
  }
  for (int i = 0; i < 10; ++i) {
    start_log(LogLevel::Info);
    stop_log();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lines_of(testing::internal::GetCapturedStderr()).size(), 800U);
}

// stderr as a pipe that nobody reads until unblock().
class BlockedStderr {
 public:
  BlockedStderr() : saved_(dup(STDERR_FILENO)) {
    if (pipe2(ends_, O_CLOEXEC) != 0) std::abort();
    dup2(ends_[1], STDERR_FILENO);
    close(ends_[1]);
  }
  void unblock() {
    reader_ = std::thread([this] {
      char buffer[65536];
      for (ssize_t got = 0; (got = read(ends_[0], buffer, sizeof buffer)) > 0;)
        text_.append(buffer, static_cast<std::size_t>(got));
    });
  }
  // Everything written meanwhile.
  std::string finish() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    reader_.join();
    close(ends_[0]);
    return text_;
  }

 private:
  int saved_;
  int ends_[2]{};
  std::thread reader_;
  std::string text_;
};

TEST(Log, DropsTheOldestLinesWhenStderrIsStuckAndCountsThem) {
  const std::uint64_t dropped_before = log_lines_dropped();
  BlockedStderr blocked;
  start_log(LogLevel::Info);
  std::size_t logged = 0;
  while (log_lines_dropped() - dropped_before < 100 && logged < 1'000'000) log_info(std::to_string(logged++));
  blocked.unblock();
  stop_log();
  const auto lines = lines_of(blocked.finish());
  const std::uint64_t dropped = log_lines_dropped() - dropped_before;
  EXPECT_GE(dropped, 100U);
  EXPECT_EQ(lines.size() + dropped, logged);
  // Those that the writer held when it got stuck are older than the dropped ones; which they are is the writer's luck.
  for (std::size_t i = 1; i < lines.size(); ++i) {
    EXPECT_LT(std::stoul(std::string(string_at(lines[i - 1], "message"))),
              std::stoul(std::string(string_at(lines[i], "message"))));
  }
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(string_at(lines[lines.size() - 1 - i], "message"), std::to_string(logged - 1 - i));
  }
}

}  // namespace
}  // namespace berth::base
