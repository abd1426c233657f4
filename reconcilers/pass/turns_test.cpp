// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/turns.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

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
  const Turns::Turn turn = co_await turns.take(key);
  gauge.most = std::max(gauge.most, ++gauge.now);
  while (!co_await go.wait_for(std::chrono::milliseconds(0))) co_await base::asio::post(base::use_task);
  go.notify();
  --gauge.now;
  ++gauge.done;
}

Task<void> ten_of_two_keys(Gauge& a, Gauge& b) {
  const base::Executor loop = co_await base::this_loop();
  Turns turns(loop, 3);
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
  Turns turns(loop, 1);
  base::Signal go(loop);
  Gauge gauge;
  {
    const Turns::Turn held = co_await turns.take("a");
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
  Turns turns(co_await base::this_loop(), 1);
  {
    Turns::Turn first = co_await turns.take("a");
    first.end();
    const Turns::Turn second = co_await turns.take("a");
    first.end();
    EXPECT_EQ(turns.busy("a"), 1u) << "what was given back once is not given back again";
  }
  EXPECT_EQ(turns.busy("a"), 0u);
}

TEST(Turns, MayEndEarly) { base::run(end_early()); }

TEST(Turns, WaiterThatGivesUpLeavesNoTurnBehind) { base::run(cancel_while_waiting()); }

}  // namespace
}  // namespace berth::reconcilers
