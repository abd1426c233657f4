// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/turns.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <map>
#include <string>

#include "base/scope.hpp"

namespace berth::reconcilers {
namespace {

using base::Task;

struct Gauge {
  std::size_t now = 0;
  std::size_t most = 0;
  std::size_t done = 0;
};

Task<void> work(Turns& turns, std::string key, Gauge& gauge, base::Signal& go) {
  const Turns::Turn turn = co_await turns.take({key, ""});
  gauge.most = std::max(gauge.most, ++gauge.now);
  while (!co_await go.wait_for(std::chrono::milliseconds(0))) co_await base::asio::post(base::use_task);
  go.notify();
  --gauge.now;
  ++gauge.done;
}

Task<void> ten_of_two_keys(Gauge& a, Gauge& b) {
  const base::Executor loop = co_await base::this_loop();
  Turns turns(loop, {.most = 3});
  base::Signal go(loop);
  base::Scope scope(loop, "test");
  for (int i = 0; i < 10; ++i) {
    scope.spawn(work(turns, "a", a, go));
    scope.spawn(work(turns, "b", b, go));
  }
  while (a.now < 3 || b.now < 3) co_await base::asio::post(base::use_task);
  EXPECT_EQ(turns.busy("a"), 3u);
  go.notify();
  co_await scope.join();
  EXPECT_EQ(turns.busy("a"), 0u);
}

TEST(Turns, LimitsEachKeyByItself) {
  Gauge a, b;
  base::run(ten_of_two_keys(a, b));
  EXPECT_EQ(a.most, 3u);
  EXPECT_EQ(b.most, 3u);
  EXPECT_EQ(a.done, 10u);
  EXPECT_EQ(b.done, 10u);
}

Task<void> cancel_while_waiting() {
  const base::Executor loop = co_await base::this_loop();
  Turns turns(loop, {.most = 1});
  base::Signal go(loop);
  Gauge gauge;
  {
    const Turns::Turn held = co_await turns.take({"a", ""});
    base::Scope scope(loop, "test");
    scope.spawn(work(turns, "a", gauge, go));
    scope.spawn(work(turns, "a", gauge, go));
    for (int i = 0; i < 10; ++i) co_await base::asio::post(base::use_task);
    scope.cancel();
    co_await scope.join();
  }
  EXPECT_EQ(gauge.done, 0u);
  EXPECT_EQ(turns.busy("a"), 0u);
}

Task<void> end_early() {
  Turns turns(co_await base::this_loop(), {.most = 1});
  {
    Turns::Turn first = co_await turns.take({"a", ""});
    first.end();
    const Turns::Turn second = co_await turns.take({"a", ""});
    first.end();
    EXPECT_EQ(turns.busy("a"), 1u) << "what was given back once is not given back again";
  }
  EXPECT_EQ(turns.busy("a"), 0u);
}

TEST(Turns, MayEndEarly) { base::run(end_early()); }

TEST(Turns, WaiterThatGivesUpLeavesNoTurnBehind) { base::run(cancel_while_waiting()); }

using Held = std::map<std::string, Turns::Turn>;

Task<void> take_as(Turns& turns, Turns::Claim claim, std::string name, Held& held, std::string& order) {
  Turns::Turn turn = co_await turns.take(std::move(claim));
  order += name + " ";
  held.emplace(std::move(name), std::move(turn));
}

Task<void> settle() {
  for (int i = 0; i < 10; ++i) co_await base::asio::post(base::use_task);
}

Task<void> by_rank_and_group() {
  using Rank = Turns::Rank;
  const base::Executor loop = co_await base::this_loop();
  Turns turns(loop, {.most = 1});
  Held held;
  std::string order;
  {
    base::Scope scope(loop, "test");
    scope.spawn(take_as(turns, {"host", "a"}, "first", held, order));
    for (const char* name : {"a1", "a2", "a3"}) {
      scope.spawn(take_as(turns, {"host", "a", Rank::Last}, name, held, order));
    }
    scope.spawn(take_as(turns, {"host", "b", Rank::Last}, "b1", held, order));
    scope.spawn(take_as(turns, {"host", "c", Rank::Last}, "c1", held, order));
    scope.spawn(take_as(turns, {"host", "a", Rank::First}, "repair", held, order));
    co_await settle();
    while (!held.empty()) {
      EXPECT_EQ(held.size(), 1u);
      held.clear();
      co_await settle();
    }
    co_await scope.join();
  }
  EXPECT_EQ(order, "first repair a1 b1 c1 a2 a3 ");
  EXPECT_EQ(turns.at_work("host"), 0u);
}

TEST(Turns, AreGivenByRankAndThenGroupsGoRound) { base::run(by_rank_and_group()); }

Task<void> slow_ones() {
  using Rank = Turns::Rank;
  const base::Executor loop = co_await base::this_loop();
  Turns turns(loop, {.most = 1, .in_all = 3});
  Held held;
  std::string order;
  base::Scope scope(loop, "test");
  for (const char* name : {"a1", "a2", "a3", "a4"}) {
    scope.spawn(take_as(turns, {"host", "a", Rank::Last}, name, held, order));
  }
  co_await settle();
  EXPECT_EQ(order, "a1 ");
  for (const char* slow : {"a1", "a2", "a3"}) {
    held.at(slow).step_aside();
    held.at(slow).step_aside();
    co_await settle();
  }
  EXPECT_EQ(order, "a1 a2 a3 ") << "three are at work";
  EXPECT_EQ(turns.busy("host"), 0u);
  scope.spawn(take_as(turns, {"host", "b", Rank::Last}, "b1", held, order));
  co_await settle();
  EXPECT_EQ(order, "a1 a2 a3 b1 ") << "of another group is none at work";
  scope.spawn(take_as(turns, {"host", "b", Rank::Last}, "b2", held, order));
  scope.spawn(take_as(turns, {"host", "a", Rank::First}, "repair", held, order));
  held.at("b1").step_aside();
  co_await settle();
  EXPECT_EQ(order, "a1 a2 a3 b1 repair ");
  held.erase("repair");
  held.erase("a2");
  co_await settle();
  EXPECT_EQ(order, "a1 a2 a3 b1 repair ") << "as many as may be are at work";
  held.erase("a1");
  co_await settle();
  EXPECT_EQ(order, "a1 a2 a3 b1 repair b2 ") << "the group that had no turn of late";
  held.clear();
  co_await settle();
  held.clear();
  co_await scope.join();
  EXPECT_EQ(turns.at_work("host"), 0u);
}

TEST(Turns, ASlowOneThatStepsAsideHoldsUpNobody) { base::run(slow_ones()); }

}  // namespace
}  // namespace berth::reconcilers
