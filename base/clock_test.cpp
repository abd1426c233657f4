// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"

#include <gtest/gtest.h>

#include "base/scope.hpp"

namespace berth::base {
namespace {

using namespace std::chrono_literals;

Task<void> sleep_and_note(Clock& clock, std::chrono::seconds duration, std::vector<int>& woken) {
  co_await clock.sleep_for(duration);
  woken.push_back(static_cast<int>(duration.count()));
}

Task<void> settle() {
  for (int i = 0; i < 20; ++i) co_await asio::post(use_task);
}

Task<void> turn_the_clock() {
  FakeClock clock;
  Scope scope(co_await this_loop(), "test");
  std::vector<int> woken;
  for (const auto seconds : {30s, 10s, 20s, 0s}) scope.spawn(sleep_and_note(clock, seconds, woken));
  co_await settle();
  EXPECT_EQ(woken, std::vector{0});
  EXPECT_EQ(clock.sleepers(), 3U);
  clock.advance(9s);
  co_await settle();
  EXPECT_EQ(woken, std::vector{0});
  clock.advance(1s);
  co_await settle();
  EXPECT_EQ(woken, (std::vector{0, 10}));
  clock.advance(1h);
  co_await scope.join();
  EXPECT_EQ(woken, (std::vector{0, 10, 20, 30}));
  EXPECT_EQ(clock.sleepers(), 0U);
}
TEST(FakeClock, WakesSleepersInOrder) { run(turn_the_clock()); }

Task<void> cancel_sleepers() {
  FakeClock clock;
  Scope scope(co_await this_loop(), "test");
  std::vector<int> woken;
  scope.spawn(sleep_and_note(clock, 10s, woken));
  scope.spawn(sleep_and_note(clock, 10s, woken));
  co_await settle();
  scope.cancel();
  co_await scope.join();
  EXPECT_EQ(clock.sleepers(), 0U);
  EXPECT_TRUE(woken.empty());
  clock.advance(1h);
}
TEST(FakeClock, ForgetsCancelledSleepers) { run(cancel_sleepers()); }

Task<void> sleep_in_steps(Clock& clock, int& steps) {
  for (; steps < 100; ++steps) co_await clock.sleep_for(1s);
}
Task<void> join(Scope& scope) { co_await scope.join(); }

TEST(FakeClock, IsTurnedFromAnotherThread) {
  FakeClock clock;
  Loop loop("sleeper");
  Scope scope(loop.executor(), "test");
  int steps = 0;
  scope.spawn_from_anywhere([&] { return sleep_in_steps(clock, steps); });
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(clock.wait_for_sleepers(1));
    clock.advance(1s);
  }
  loop.run_and_wait([&scope] { return join(scope); });
  EXPECT_EQ(steps, 100);
  EXPECT_EQ(clock.now(), FakeClock().now() + 100s);
  EXPECT_EQ(clock.steady_now(), FakeClock().steady_now() + 100s);
}

Task<void> sleep_on_the_real_clock() {
  co_await real_clock().sleep_until(real_clock().steady_now());
  Scope scope(co_await this_loop(), "sleeper");
  std::vector<int> woken;
  scope.spawn(sleep_and_note(real_clock(), 3600s, woken));
  co_await settle();
  EXPECT_EQ(scope.running(), 1U);
  scope.cancel();
  co_await scope.join();
  EXPECT_TRUE(woken.empty());
}
TEST(RealClock, WakesAtTheTimeAndNotBefore) { run(sleep_on_the_real_clock()); }

WallTime at(std::chrono::sys_days day, std::chrono::nanoseconds of_day) { return WallTime(day) + of_day; }

TEST(TimeText, WritesWhatKubernetesWrites) {
  using namespace std::chrono;
  const WallTime time = at(2026y / 1 / 2, 3h + 4min + 5s + 6us);
  EXPECT_EQ(format_time(time), "2026-01-02T03:04:05Z");
  EXPECT_EQ(format_micro_time(time), "2026-01-02T03:04:05.000006Z");
  EXPECT_EQ(format_time(at(1969y / 12 / 31, 23h + 59min + 59s + 500ms)), "1969-12-31T23:59:59Z");
  EXPECT_EQ(format_micro_time(at(1969y / 12 / 31, 23h + 59min + 59s + 500ms)), "1969-12-31T23:59:59.500000Z");
}

TEST(TimeText, ReadsRfc3339) {
  using namespace std::chrono;
  EXPECT_EQ(parse_time("2026-01-02T03:04:05Z"), at(2026y / 1 / 2, 3h + 4min + 5s));
  EXPECT_EQ(parse_time("2026-01-02T03:04:05.000006Z"), at(2026y / 1 / 2, 3h + 4min + 5s + 6us));
  EXPECT_EQ(parse_time("2024-02-29T23:30:00.5+02:30"), at(2024y / 2 / 29, 21h + 500ms));
  EXPECT_EQ(parse_time("2026-01-02T03:04:05.123456789123-00:30"), at(2026y / 1 / 2, 3h + 34min + 5s + 123456789ns));
}

TEST(TimeText, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026-01-02", "2026-01-02T03:04:05", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-02T24:00:00Z",
        "2026-01-02T03:60:00Z", "2026-01-02T03:04:60Z", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05Zx", "2026-01-02T03:04:05+0200", "+026-01-02T03:04:05Z", "0001-01-01T00:00:00Z",
        "9999-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(TimeText, ReadsBackWhatItWrote) {
  for (long i = 0; i < 1000; ++i) {
    const WallTime time = WallTime() + i * 7'919'717s + i * 104'729us;
    EXPECT_EQ(parse_time(format_micro_time(time)), time);
  }
}

TEST(TimeText, ShortensAgesAsKubectlDoes) {
  const std::vector<std::pair<std::chrono::seconds, const char*>> cases{{-5s, "<invalid>"},
                                                                        {-1s, "0s"},
                                                                        {0s, "0s"},
                                                                        {119s, "119s"},
                                                                        {120s, "2m"},
                                                                        {200s, "3m20s"},
                                                                        {9min + 59s, "9m59s"},
                                                                        {10min + 1s, "10m"},
                                                                        {179min, "179m"},
                                                                        {3h, "3h"},
                                                                        {3h + 5min, "3h5m"},
                                                                        {8h + 5min, "8h"},
                                                                        {47h + 59min, "47h"},
                                                                        {48h, "2d"},
                                                                        {51h, "2d3h"},
                                                                        {24h * 8, "8d"},
                                                                        {24h * 729, "729d"},
                                                                        {24h * 730, "2y"},
                                                                        {24h * 735, "2y5d"},
                                                                        {24h * 365 * 8, "8y"},
                                                                        {24h * 365 * 9 + 24h, "9y"}};
  for (const auto& [age, text] : cases) EXPECT_EQ(format_age(age), text);
}

}  // namespace
}  // namespace berth::base
