// SPDX-License-Identifier: Apache-2.0
#include "docker/pool.hpp"

#include <gtest/gtest.h>

#include "base/scope.hpp"
#include "base/status.hpp"
#include "tests/fake_engine/fake_engine.hpp"
#include "tests/fake_engine/on_loop.hpp"

namespace berth::docker {
namespace {

using fake_engine::FakeEngine;

base::Task<void> use_once(ConnectionPool& pool) {
  ConnectionPool::Connection connection = co_await pool.connect(std::chrono::seconds(5));
  base::HttpRequest ping;
  ping.target = "/_ping";
  const base::HttpResponse answer = co_await connection->send(ping);
  EXPECT_EQ(answer.body, "OK");
  pool.give_back(std::move(connection));
}

base::Task<void> check_reuse(ConnectionPool& pool) {
  co_await use_once(pool);
  EXPECT_EQ(pool.idle(), 1u);
  EXPECT_FALSE(pool.drop_dead());
  ConnectionPool::Connection connection = pool.take_idle();
  EXPECT_NE(connection, nullptr);
  EXPECT_EQ(pool.take_idle(), nullptr);
  pool.give_back(std::move(connection));
  pool.clear();
}

base::Task<void> check_age(ConnectionPool& pool) {
  co_await use_once(pool);
  EXPECT_TRUE(pool.drop_dead());
  EXPECT_EQ(pool.take_idle(), nullptr);
}

base::Task<void> check_dropped(ConnectionPool& pool) {
  EXPECT_TRUE(pool.drop_dead());
  EXPECT_EQ(pool.idle(), 0u);
  co_return;
}

base::Task<void> check_sixteen_at_once(ConnectionPool& pool) {
  std::vector<ConnectionPool::Connection> together(17);
  for (auto& connection : together) connection = co_await pool.connect(std::chrono::seconds(5));
  base::HttpRequest ping;
  ping.target = "/_ping";
  for (auto& connection : together) co_await connection->send(ping);
  for (auto& connection : together) pool.give_back(std::move(connection));
  EXPECT_EQ(pool.idle(), 16u);
  pool.clear();
}

base::Task<void> check_spare(ConnectionPool& pool) {
  std::vector<ConnectionPool::Connection> together(5);
  for (auto& connection : together) connection = co_await pool.connect(std::chrono::seconds(5));
  base::HttpRequest ping;
  ping.target = "/_ping";
  for (auto& connection : together) co_await connection->send(ping);
  for (auto& connection : together) pool.give_back(std::move(connection));
  EXPECT_EQ(pool.idle(), ConnectionPool::kFewIdle);
  EXPECT_FALSE(pool.drop_dead()) << "the engine is the same";
  pool.clear();
}

// Over SSH a new one costs a round trip, and they are opened one after the other.
TEST(ConnectionPool, KeepsWhatSixteenCallsAtOnceNeed) {
  FakeEngine fake;
  ConnectionPool pool(unix_connector(fake.socket_path()));
  base::run(check_sixteen_at_once(pool));
}

TEST(ConnectionPool, LetsGoOfWhatABurstHasLeft) {
  FakeEngine fake;
  ConnectionPool pool(unix_connector(fake.socket_path()), ConnectionPool::kIdleLimit, std::chrono::seconds(0));
  base::run(check_spare(pool));
}

TEST(ConnectionPool, GivesAConnectionAgain) {
  FakeEngine fake;
  ConnectionPool pool(unix_connector(fake.socket_path()));
  base::run(check_reuse(pool));
}

TEST(ConnectionPool, DropsWhatWasIdleForTooLong) {
  FakeEngine fake;
  ConnectionPool pool(unix_connector(fake.socket_path()), std::chrono::seconds(0));
  base::run(check_age(pool));
}

TEST(ConnectionPool, DropsWhatTheEngineClosed) {
  FakeEngine fake;
  base::Loop loop("pool");
  auto pool = std::make_unique<ConnectionPool>(unix_connector(fake.socket_path()));
  fake_engine::on_loop(loop, use_once(*pool));
  fake.go_away();
  fake_engine::on_loop(loop, check_dropped(*pool));
  fake_engine::on_loop(loop, fake_engine::destroy(pool));
}

// Has room for so many streams, and learns it by being refused one more, as by sshd's MaxSessions.
class NarrowConnector final : public Connector {
 public:
  NarrowConnector(std::string path, std::size_t most) : path_(std::move(path)), most_(most) {}
  base::Task<base::StreamPtr> connect(std::chrono::steady_clock::duration limit) override {
    if (streams_ == most_) {
      learned_ = true;
      throw base::unavailable("no room", std::chrono::seconds(1));
    }
    ++streams_;
    co_return co_await base::connect_unix(path_, limit);
  }
  std::string describe() const override { return "narrow"; }
  LinkReport report() const override { return {}; }
  bool full() const override { return learned_ && streams_ >= most_; }
  void on_room(std::function<void()> tell) override { tell_ = std::move(tell); }
  void lose_one() {
    --streams_;
    if (tell_) tell_();
  }

 private:
  std::string path_;
  std::size_t most_;
  std::size_t streams_ = 0;
  bool learned_ = false;
  std::function<void()> tell_;
};

base::Task<void> use_and_count(ConnectionPool& pool, std::vector<int>& order, int number) {
  co_await use_once(pool);
  order.push_back(number);
}

base::Task<void> check_turns(std::string path) {
  auto connector = std::make_unique<NarrowConnector>(path, 1);
  NarrowConnector& narrow = *connector;
  ConnectionPool pool(std::move(connector));
  ConnectionPool::Connection held = co_await pool.connect(std::chrono::seconds(5));
  base::Scope users(co_await base::this_loop(), "users");
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) users.spawn(use_and_count(pool, order, i));
  for (int i = 0; i < 5; ++i) co_await base::asio::post(base::use_task);
  EXPECT_TRUE(order.empty());
  pool.give_back(std::move(held));
  co_await users.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(pool.idle(), 1u);

  // One that breaks makes room for another.
  held = pool.take_idle();
  std::vector<int> later;
  base::Scope waiting(co_await base::this_loop(), "waiting");
  waiting.spawn(use_and_count(pool, later, 7));
  for (int i = 0; i < 5; ++i) co_await base::asio::post(base::use_task);
  held.reset();
  narrow.lose_one();
  co_await waiting.join();
  EXPECT_EQ(later, std::vector<int>{7});
}

base::Task<void> check_no_turn(std::string path) {
  ConnectionPool pool(std::make_unique<NarrowConnector>(path, 1));
  const ConnectionPool::Connection held = co_await pool.connect(std::chrono::seconds(5));
  std::optional<base::Reason> reason;
  try {
    co_await pool.connect(std::chrono::milliseconds(5));
  } catch (const base::Status& status) {
    reason = status.reason();
  }
  EXPECT_EQ(reason, base::Reason::Timeout);
}

TEST(ConnectionPool, WhereThereIsNoRoomTheyTakeTurns) {
  FakeEngine fake;
  base::run(check_turns(fake.socket_path()));
}

TEST(ConnectionPool, WhoseTurnNeverComesIsTold) {
  FakeEngine fake;
  base::run(check_no_turn(fake.socket_path()));
}

}  // namespace
}  // namespace berth::docker
