// SPDX-License-Identifier: Apache-2.0
#include "base/task.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>

#include "base/scope.hpp"
#include "base/status.hpp"

namespace berth::base {
namespace {

using namespace std::chrono_literals;

Task<void> settle() {
  for (int i = 0; i < 20; ++i) co_await asio::post(use_task);
}

Task<void> count_wakes(Signal& signal, int& wakes) {
  co_await signal.wait();
  ++wakes;
}
Task<void> count_wakes_for(Signal& signal, std::chrono::milliseconds limit, int& notified, int& timed_out) {
  if (co_await signal.wait_for(limit)) {
    ++notified;
  } else {
    ++timed_out;
  }
}

Task<void> wake_all() {
  const Executor loop = co_await this_loop();
  Signal signal(loop);
  Scope scope(loop, "test");
  int wakes = 0;
  int timed_out = 0;
  scope.spawn(count_wakes(signal, wakes));
  scope.spawn(count_wakes_for(signal, 1h, wakes, timed_out));
  scope.spawn(count_wakes(signal, wakes));
  co_await settle();
  EXPECT_EQ(wakes, 0);
  signal.notify();
  co_await scope.join();
  EXPECT_EQ(wakes, 3);
  EXPECT_EQ(timed_out, 0);
}
TEST(Signal, WakesEveryWaiter) { run(wake_all()); }

Task<void> remember_once() {
  Signal signal(co_await this_loop());
  signal.notify();
  signal.notify();
  co_await signal.wait();
  EXPECT_FALSE(co_await signal.wait_for(1ms));
}
TEST(Signal, RemembersOneNotifyWithoutAWaiter) { run(remember_once()); }

Task<void> different_deadlines() {
  const Executor loop = co_await this_loop();
  Signal signal(loop);
  Scope slow(loop, "slow");
  Scope quick(loop, "quick");
  int notified = 0;
  int timed_out = 0;
  slow.spawn(count_wakes_for(signal, 3600s, notified, timed_out));
  quick.spawn(count_wakes_for(signal, 1ms, notified, timed_out));
  co_await quick.join();
  EXPECT_EQ(timed_out, 1);
  EXPECT_EQ(notified, 0);
  signal.notify();
  co_await slow.join();
  EXPECT_EQ(notified, 1);
}
TEST(Signal, OneWaitersDeadlineLeavesTheOthersAlone) { run(different_deadlines()); }

Task<void> cancel_waiters() {
  const Executor loop = co_await this_loop();
  Signal signal(loop);
  Scope scope(loop, "test");
  int wakes = 0;
  scope.spawn(count_wakes(signal, wakes));
  scope.spawn(count_wakes(signal, wakes));
  co_await settle();
  signal.notify();
  scope.cancel();
  co_await scope.join();
  EXPECT_EQ(wakes, 0);
  // The wake-up met a cancel: whoever waits next must still hear of it.
  EXPECT_TRUE(co_await signal.wait_for(1h));
}
TEST(Signal, KeepsAWakeUpThatMeetsACancel) { run(cancel_waiters()); }

Task<void> use_the_pool() {
  const auto here = std::this_thread::get_id();
  const auto there = co_await blocking([] { return std::this_thread::get_id(); });
  EXPECT_NE(here, there);
  EXPECT_EQ(std::this_thread::get_id(), here);
  const auto owned = co_await blocking([] { return std::make_unique<std::string>("moved"); });
  EXPECT_EQ(*owned, "moved");
  int written = 0;
  co_await blocking([&written] { written = 7; });
  EXPECT_EQ(written, 7);
  std::string message;
  try {
    co_await blocking([] { throw bad_request("not there"); });
  } catch (const Status& status) {
    message = status.message();
  }
  EXPECT_EQ(message, "not there");
}
TEST(Blocking, RunsElsewhereAndComesBack) { run(use_the_pool()); }

Task<void> sum_blocking(int& sum) {
  for (int i = 0; i < 100; ++i) sum += co_await blocking([i] { return i; });
}
TEST(Blocking, ServesManyLoops) {
  std::array<int, 3> sums{};
  std::vector<std::thread> threads;
  for (int& sum : sums) threads.emplace_back([&sum] { run(sum_blocking(sum)); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sums, (std::array{4950, 4950, 4950}));
}

Task<void> wait_for_work(std::atomic<bool>& go, bool& came_back, bool& went_on) {
  co_await blocking([&go] { go.wait(false); });
  came_back = true;
  co_await asio::post(use_task);
  went_on = true;
}
Task<void> cancel_blocking() {
  Scope scope(co_await this_loop(), "test");
  std::atomic<bool> go = false;
  bool came_back = false;
  bool went_on = false;
  scope.spawn(wait_for_work(go, came_back, went_on));
  co_await settle();
  scope.cancel();
  co_await settle();
  EXPECT_FALSE(came_back);
  go = true;
  go.notify_all();
  co_await scope.join();
  EXPECT_TRUE(came_back);
  EXPECT_FALSE(went_on);
}
TEST(Blocking, SeesACancelAfterTheWork) { run(cancel_blocking()); }

// What compilers have got wrong in coroutines: each object made must be destroyed once. A compiler that fails here
// must not build Berth.
int live = 0;
struct Counted {
  explicit Counted(std::string value = "a string too long for the small buffer") : text(std::move(value)) { ++live; }
  Counted(const Counted& other) : text(other.text) { ++live; }
  Counted(Counted&& other) noexcept : text(std::move(other.text)) { ++live; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) = default;
  ~Counted() { --live; }
  std::string text;
};
struct Pair {
  Counted first;
  Counted second;
};

Task<std::size_t> length_of(Counted by_value) {
  co_await asio::post(use_task);
  co_return by_value.text.size();
}
Task<std::size_t> length_of_both(Pair pair) {
  co_await asio::post(use_task);
  co_return pair.first.text.size() + pair.second.text.size();
}
Task<Counted> make_counted() {
  co_await asio::post(use_task);
  co_return Counted();
}
Task<void> throw_with(Counted) {
  co_await asio::post(use_task);
  throw bad_request("no");
}

Task<void> compiler_traps() {
  const std::size_t length = Counted().text.size();
  EXPECT_EQ(co_await length_of(Counted()), length);
  EXPECT_EQ(live, 0);
  Pair pair{Counted(), Counted()};
  EXPECT_EQ(co_await length_of_both(std::move(pair)), 2 * length);
  EXPECT_EQ(live, 2);
  if ((co_await make_counted()).text.size() == length && co_await length_of(co_await make_counted()) == length) {
    EXPECT_EQ(live, 2);
  } else {
    ADD_FAILURE();
  }
  bool caught = false;
  try {
    co_await throw_with(Counted());
  } catch (const Status&) {
    caught = true;
  }
  EXPECT_TRUE(caught);
  EXPECT_EQ(live, 2);
  for (int i = 0; i < 3; ++i) {
    const Counted in_loop = co_await make_counted();
    EXPECT_EQ(in_loop.text.size(), length);
  }
  EXPECT_EQ(live, 2);
}
TEST(Coroutines, DestroyEachObjectOnce) {
  run(compiler_traps());
  EXPECT_EQ(live, 0);
}

}  // namespace
}  // namespace berth::base
