// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "base/process_usage.hpp"
#include "base/status.hpp"

namespace berth::base {
namespace {

using testing::HasSubstr;

TEST(Metrics, ShowsWhatWasCounted) {
  Metrics metrics;
  Counter requests = metrics.counter("berth_requests_total", "Requests served.", {{"verb", "get"}});
  requests.increment();
  requests.increment(2);
  Gauge depth = metrics.gauge("berth_queue_depth", "Keys that wait.");
  depth.set(5);
  depth.add(-2);
  Histogram latency = metrics.histogram("berth_request_seconds", "How long requests take.", {0.1, 1});
  latency.observe(0.05);
  latency.observe(0.5);
  latency.observe(5);
  EXPECT_EQ(requests.value(), 3);
  EXPECT_EQ(depth.value(), 3);
  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("# TYPE berth_requests_total counter\nberth_requests_total{verb=\"get\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("# HELP berth_queue_depth Keys that wait.\n"));
  EXPECT_THAT(text, HasSubstr("berth_queue_depth 3\n"));
  EXPECT_THAT(text, HasSubstr("berth_request_seconds_bucket{le=\"0.1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("berth_request_seconds_bucket{le=\"1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("berth_request_seconds_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("berth_request_seconds_count 3\n"));
}

TEST(Metrics, GivesTheSameSeriesForTheSameNameAndLabels) {
  Metrics metrics;
  metrics.counter("berth_a_total", "A.", {{"x", "1"}}).increment();
  metrics.counter("berth_a_total", "A.", {{"x", "1"}}).increment();
  metrics.counter("berth_a_total", "Words do not matter.", {{"x", "2"}}).increment();
  EXPECT_EQ(metrics.counter("berth_a_total", "A.", {{"x", "1"}}).value(), 2);
  EXPECT_EQ(metrics.counter("berth_a_total", "A.", {{"x", "2"}}).value(), 1);
  const std::string text = metrics.expose();
  EXPECT_EQ(text.find("# TYPE berth_a_total"), text.rfind("# TYPE berth_a_total"));
}

TEST(Metrics, RefusesBadAndTakenNames) {
  Metrics metrics;
  metrics.counter("berth_a_total", "A.");
  EXPECT_THROW(metrics.gauge("berth_a_total", "A."), Status);
  EXPECT_THROW(metrics.counter("berth a", "A."), Status);
}

TEST(Metrics, CountsFromManyThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics] {
      Counter counter = metrics.counter("berth_a_total", "A.");
      for (int i = 0; i < 1000; ++i) counter.increment();
      metrics.expose();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(metrics.counter("berth_a_total", "A.").value(), 4000);
}

TEST(Metrics, HandlesWithoutASeriesDoNothing) {
  Counter counter;
  counter.increment();
  Gauge().set(1);
  Histogram().observe(1);
  EXPECT_EQ(counter.value(), 0);
}

TEST(Metrics, ShowsTheProcess) {
  const std::string text = Metrics().expose();
  for (const char* name :
       {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
        "process_threads", "process_start_time_seconds", "berth_log_dropped_total"}) {
    EXPECT_THAT(text, HasSubstr("\n" + std::string(name) + " ")) << name;
  }
}

TEST(ProcessUsage, SeesItself) {
  const ProcessUsage before = read_process_usage();
  EXPECT_GT(before.resident_bytes, 1U << 20);
  EXPECT_LT(before.resident_bytes, before.virtual_bytes);
  EXPECT_GE(before.threads, 1U);
  EXPECT_GE(before.max_fds, before.open_fds);
  const auto now = static_cast<double>(time(nullptr));
  EXPECT_LE(before.start_time, now + 2);
  EXPECT_GT(before.start_time, now - 24 * 3600);

  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(read_process_usage().open_fds, before.open_fds + 1);
  close(fd);
  EXPECT_EQ(read_process_usage().open_fds, before.open_fds);
}

}  // namespace
}  // namespace berth::base
