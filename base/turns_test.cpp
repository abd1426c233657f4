// SPDX-License-Identifier: Apache-2.0
#include "base/turns.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>

#include "base/scope.hpp"

namespace berth::base {
namespace {

using namespace std::chrono_literals;

Task<void> settle() {
  for (int i = 0; i < 20; ++i) co_await asio::post(use_task);
}

// Notes its name when its turn has come, and keeps the turn until it is told to end.
Task<void> take_turn(Turns& turns, Signal& end, std::string name, std::string& order) {
  Turn turn(turns, co_await this_loop());
  co_await turn.wait();
  order += name;
  co_await end.wait();
}

Task<void> first_come_first_served() {
  const Executor loop = co_await this_loop();
  Turns turns(2);
  std::array ends{std::make_unique<Signal>(loop), std::make_unique<Signal>(loop), std::make_unique<Signal>(loop),
                  std::make_unique<Signal>(loop)};
  std::string order;
  Scope scope(loop, "test");
  for (std::size_t i = 0; i < 4; ++i) scope.spawn(take_turn(turns, *ends[i], std::to_string(i), order));
  co_await settle();
  EXPECT_EQ(order, "01");
  ends[1]->notify();
  co_await settle();
  EXPECT_EQ(order, "012");
  ends[0]->notify();
  co_await settle();
  EXPECT_EQ(order, "0123");
  ends[2]->notify();
  ends[3]->notify();
  co_await scope.join();
}
TEST(Turns, AreGivenInTheOrderOfArrival) { run(first_come_first_served()); }

Task<void> gives_up() {
  const Executor loop = co_await this_loop();
  Turns turns(1);
  Signal end(loop);
  std::string order;
  Scope scope(loop, "test");
  scope.spawn(take_turn(turns, end, "a", order));
  co_await settle();
  {
    Scope impatient(loop, "impatient");
    impatient.spawn(take_turn(turns, end, "b", order));
    co_await settle();
    impatient.cancel();
    co_await impatient.join();
  }
  scope.spawn(take_turn(turns, end, "c", order));
  co_await settle();
  EXPECT_EQ(order, "a");
  end.notify();
  co_await settle();
  EXPECT_EQ(order, "ac");
  end.notify();
  co_await scope.join();
}
TEST(Turns, PassOverWhoGaveUpWaiting) { run(gives_up()); }

Task<void> slow_holder(Turns::Duration limit) {
  const Executor loop = co_await this_loop();
  Turns turns(1, limit);
  Signal end(loop);
  std::string order;
  Scope scope(loop, "test");
  scope.spawn(take_turn(turns, end, "a", order));
  co_await settle();
  {
    Turn next(turns, loop);
    co_await next.wait();  // although nobody gave a turn back
    EXPECT_EQ(order, "a");
    Turn last(turns, loop);
    co_await last.wait();
  }
  end.notify();
  co_await scope.join();
}
TEST(Turns, AreLostToTheNextByWhoKeepsOneTooLong) {
  run(slow_holder(0ms));
  run(slow_holder(1ms));
}

Task<void> turn_on_this_loop(Turns& turns) {
  for (int i = 0; i < 200; ++i) {
    Turn turn(turns, co_await this_loop());
    co_await turn.wait();
    co_await asio::post(use_task);
  }
}
TEST(Turns, GoFromLoopToLoop) {
  Turns turns(1);
  const auto take_many = [&turns] {
    Loop loop("loop");
    loop.run_and_wait([&turns] { return turn_on_this_loop(turns); });
  };
  std::thread other(take_many);
  take_many();
  other.join();
}

}  // namespace
}  // namespace berth::base
