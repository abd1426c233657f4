// SPDX-License-Identifier: Apache-2.0
#include "base/scope.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/status.hpp"

namespace berth::base {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Task<int> answer() {
  co_await asio::post(use_task);
  co_return 42;
}

Task<void> fail_with(Status status) {
  co_await asio::post(use_task);
  throw status;
}

// Counts the frames that live, whichever way they end.
struct FrameGuard {
  explicit FrameGuard(int& count) : count_(count) { ++count_; }
  ~FrameGuard() { --count_; }
  FrameGuard(const FrameGuard&) = delete;
  FrameGuard& operator=(const FrameGuard&) = delete;
  int& count_;
};

Task<void> sleep_forever(int& frames, int depth) {
  const FrameGuard guard(frames);
  if (depth > 1) {
    co_await sleep_forever(frames, depth - 1);
  } else {
    co_await sleep_for(1h);
  }
}

// Lets everything that is ready on this loop run.
Task<void> settle() {
  for (int i = 0; i < 20; ++i) co_await asio::post(use_task);
}

TEST(Run, GivesTheResultOrTheError) {
  EXPECT_EQ(run(answer()), 42);
  EXPECT_THROW(run(fail_with(bad_request("no"))), Status);
}

Task<void> set_flag(bool& flag) {
  flag = true;
  co_return;
}

Task<void> spawn_is_not_inline() {
  Scope scope(co_await this_loop(), "test");
  bool ran = false;
  scope.spawn(set_flag(ran));
  EXPECT_FALSE(ran);
  EXPECT_EQ(scope.running(), 1U);
  co_await scope.join();
  EXPECT_TRUE(ran);
  EXPECT_EQ(scope.running(), 0U);
}
TEST(Scope, NeverStartsATaskInsideSpawn) { run(spawn_is_not_inline()); }

Task<void> cancel_unwinds() {
  Scope scope(co_await this_loop(), "test");
  int frames = 0;
  for (int i = 0; i < 100; ++i) scope.spawn(sleep_forever(frames, 5));
  co_await settle();
  EXPECT_EQ(frames, 500);
  scope.cancel();
  co_await scope.join();
  EXPECT_EQ(frames, 0);
}
TEST(Scope, CancelUnwindsEveryFrame) { run(cancel_unwinds()); }

Task<void> cancel_at_once() {
  Scope scope(co_await this_loop(), "test");
  int frames = 0;
  bool ran = false;
  scope.spawn(sleep_forever(frames, 2));
  scope.cancel();
  scope.spawn(set_flag(ran));
  scope.spawn_from_anywhere([&ran] { return set_flag(ran); });
  co_await scope.join();
  EXPECT_EQ(frames, 0);
  EXPECT_FALSE(ran);
}
TEST(Scope, CancelReachesTasksSpawnedJustBeforeAndAfter) { run(cancel_at_once()); }

Task<void> cancel_from_inside(Scope& scope, bool& went_on) {
  scope.cancel();
  co_await asio::post(use_task);
  went_on = true;
}
Task<void> own_cancel() {
  Scope scope(co_await this_loop(), "test");
  bool went_on = false;
  scope.spawn(cancel_from_inside(scope, went_on));
  co_await scope.join();
  EXPECT_FALSE(went_on);
}
TEST(Scope, MayBeCancelledByItsOwnTask) { run(own_cancel()); }

// A task that owns others: however it ends, it waits for them.
Task<void> own_a_scope(int& frames, std::vector<std::string>& steps) {
  Scope inner(co_await this_loop(), "inner");
  inner.spawn(sleep_forever(frames, 3));
  std::exception_ptr error;
  try {
    co_await sleep_for(1h);
  } catch (...) {
    error = std::current_exception();
  }
  steps.push_back("cancelled");
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  inner.cancel();
  co_await inner.join();
  steps.push_back("joined with " + std::to_string(frames) + " frames");
  std::rethrow_exception(error);
}
Task<void> join_after_cancel() {
  Scope outer(co_await this_loop(), "outer");
  int frames = 0;
  std::vector<std::string> steps;
  outer.spawn(own_a_scope(frames, steps));
  co_await settle();
  EXPECT_EQ(frames, 3);
  outer.cancel();
  co_await outer.join();
  EXPECT_EQ(steps, (std::vector<std::string>{"cancelled", "joined with 0 frames"}));
}
TEST(Scope, MayBeJoinedByACancelledTask) { run(join_after_cancel()); }

// A cancel that arrived earlier: the join is the first wait that could throw it.
Task<void> join_once_cancelled(Scope& owner, int& frames, std::vector<std::string>& steps) {
  Scope inner(co_await this_loop(), "inner");
  owner.cancel();
  inner.spawn(sleep_forever(frames, 1));
  inner.cancel();
  co_await inner.join();
  steps.push_back("joined");
  Scope empty(co_await this_loop(), "empty");
  co_await empty.join();
  steps.push_back("joined nothing");
  co_await asio::post(use_task);
  steps.push_back("cancel forgotten");
}
Task<void> join_of_the_cancelled() {
  Scope outer(co_await this_loop(), "outer");
  int frames = 0;
  std::vector<std::string> steps;
  outer.spawn(join_once_cancelled(outer, frames, steps));
  co_await outer.join();
  EXPECT_EQ(steps, (std::vector<std::string>{"joined", "joined nothing"}));
  EXPECT_EQ(frames, 0);
}
TEST(Scope, IsJoinedAlsoByWhoIsCancelledAlready) { run(join_of_the_cancelled()); }

Task<void> join_then_wait(Scope& inner, std::vector<std::string>& steps) {
  co_await inner.join();
  steps.push_back("joined");
  co_await asio::post(use_task);
  steps.push_back("cancel forgotten");
}
Task<void> cancel_a_joiner() {
  const Executor loop = co_await this_loop();
  Scope inner(loop, "inner");
  Scope outer(loop, "outer");
  int frames = 0;
  std::vector<std::string> steps;
  inner.spawn(sleep_forever(frames, 1));
  outer.spawn(join_then_wait(inner, steps));
  co_await settle();
  EXPECT_EQ(frames, 1);
  EXPECT_TRUE(steps.empty());
  outer.cancel();
  co_await outer.join();
  EXPECT_EQ(steps, std::vector<std::string>{"joined"}) << "the cancel is not forgotten";
  EXPECT_EQ(frames, 0);
  EXPECT_TRUE(inner.cancelled());
}
TEST(Scope, ACancelOfAJoinerCancelsAndOutlastsTheScope) { run(cancel_a_joiner()); }

Task<void> join_all(Scope& scope) { co_await scope.join(); }
Task<void> join_within() {
  Scope scope(co_await this_loop(), "test");
  int frames = 0;
  scope.spawn(sleep_forever(frames, 3));
  std::exception_ptr error;
  try {
    co_await within(1ms, "the end of the tasks", join_all(scope));
  } catch (...) {
    error = std::current_exception();
  }
  EXPECT_EQ(frames, 0);
  EXPECT_EQ(scope.running(), 0U);
  if (!error) throw internal_error("the limit did not hold");
  EXPECT_EQ(to_status(error).reason(), Reason::Timeout);
}
TEST(Scope, JoinKeepsToALimit) { run(join_within()); }

Task<void> two_joiners(Scope& scope, int& joined) {
  co_await scope.join();
  ++joined;
}
Task<void> join_twice() {
  const Executor loop = co_await this_loop();
  Scope scope(loop, "test");
  Scope joiners(loop, "joiners");
  int frames = 0;
  int joined = 0;
  scope.spawn(sleep_forever(frames, 1));
  joiners.spawn(two_joiners(scope, joined));
  joiners.spawn(two_joiners(scope, joined));
  co_await settle();
  EXPECT_EQ(joined, 0);
  scope.cancel();
  co_await joiners.join();
  EXPECT_EQ(joined, 2);
}
TEST(Scope, MayBeJoinedTwice) { run(join_twice()); }

Task<void> failing_task() {
  Scope scope(co_await this_loop(), "watcher");
  scope.spawn(fail_with(bad_request("no such thing")));
  co_await scope.join();
}
TEST(Scope, LogsAnErrorThatNobodySees) {
  testing::internal::CaptureStderr();
  run(failing_task());
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_THAT(line, HasSubstr(R"("scope":"watcher")"));
  EXPECT_THAT(line, HasSubstr("BadRequest: no such thing"));
}

TEST(Scope, LogsNothingForACancel) {
  testing::internal::CaptureStderr();
  run(cancel_unwinds());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

Task<void> count_up(int& count) {
  ++count;
  co_return;
}
Task<void> join(Scope& scope) { co_await scope.join(); }

TEST(Scope, SpawnsFromAnyThread) {
  Loop loop("loop");
  Scope scope(loop.executor(), "test");
  int count = 0;  // only the loop touches it
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 250; ++n) scope.spawn_from_anywhere([&count] { return count_up(count); });
    });
  }
  for (std::thread& thread : threads) thread.join();
  loop.run_and_wait([&scope] { return join(scope); });
  EXPECT_EQ(count, 1000);
}

TEST(Scope, KeepsTheMakerAsLongAsItsTask) {
  Loop loop("loop");
  Scope scope(loop.executor(), "test");
  std::string seen;  // only the loop touches it
  {
    const std::string captured = "a string too long for the small buffer";
    scope.spawn_from_anywhere([captured, &seen]() -> Task<void> {
      co_await asio::post(use_task);
      seen = captured;
    });
  }
  loop.run_and_wait([&scope] { return join(scope); });
  EXPECT_EQ(seen, "a string too long for the small buffer");
}

Task<int> never_again(bool& started) {
  started = true;
  co_await sleep_for(1h);
  co_return 1;
}

TEST(ScopeDeathTest, AbortsWhenItsTasksStillRun) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        asio::io_context context(1);
        int frames = 0;
        Scope scope(context.get_executor(), "left alone");
        scope.spawn(sleep_forever(frames, 1));
      },
      "scope left alone destroyed with 1 tasks running");
}

TEST(Loop, PassesErrorsToTheCaller) {
  Loop loop("loop");
  EXPECT_THROW(loop.run_and_wait([] { return fail_with(bad_request("no")); }), Status);
}

TEST(Within, GivesTheResultOrTheErrorAtOnce) {
  EXPECT_EQ(run(within(1h, "answer", answer())), 42);
  try {
    run(within(1h, "inspect", fail_with(not_found("hosts.berth.dev", "h"))));
    FAIL();
  } catch (const Status& status) {
    EXPECT_EQ(status.reason(), Reason::NotFound);
  }
}

Task<void> time_out(int& frames_after) {
  int frames = 0;
  std::exception_ptr error;
  try {
    co_await within(1ms, "inspect web", sleep_forever(frames, 3));
  } catch (...) {
    error = std::current_exception();
  }
  frames_after = frames;
  if (error) std::rethrow_exception(error);
}
TEST(Within, ThrowsTimeoutOnceTheTaskHasEnded) {
  int frames_after = -1;
  try {
    run(time_out(frames_after));
    FAIL();
  } catch (const Status& status) {
    EXPECT_EQ(status.reason(), Reason::Timeout);
    EXPECT_EQ(status.message(), "inspect web: no answer within 1 ms");
  }
  EXPECT_EQ(frames_after, 0);
}

Task<void> wait_within(bool& started, Reason& reason) {
  std::exception_ptr error;
  try {
    co_await within(1h, "wait", never_again(started));
  } catch (...) {
    error = std::current_exception();
  }
  reason = to_status(error).reason();
}
Task<void> cancel_within() {
  Scope scope(co_await this_loop(), "test");
  bool started = false;
  Reason reason = Reason::NotFound;
  scope.spawn(wait_within(started, reason));
  co_await settle();
  EXPECT_TRUE(started);
  scope.cancel();
  co_await scope.join();
  EXPECT_EQ(reason, Reason::Cancelled);
}
TEST(Within, PassesTheOwnersCancelOn) { run(cancel_within()); }

}  // namespace
}  // namespace berth::base
