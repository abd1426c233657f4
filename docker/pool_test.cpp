// SPDX-License-Identifier: Apache-2.0
#include "docker/pool.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace berth::docker
