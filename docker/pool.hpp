// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keep-alive connections to one engine. 20.10 closes a connection that was idle for five minutes, so one that was
// idle for four is dropped. Loop thread only.
#include <chrono>
#include <list>
#include <memory>
#include <vector>

#include "base/http_client.hpp"
#include "docker/connector.hpp"

namespace berth::docker {

class ConnectionPool {
 public:
  using Connection = std::unique_ptr<base::HttpClientConnection>;
  using Clock = std::chrono::steady_clock;

  static constexpr Clock::duration kIdleLimit = std::chrono::minutes(4);
  static constexpr std::size_t kMostIdle = 16;  // over SSH each further one costs a round trip, in turn
  // What a burst has left goes sooner: with a thousand hosts it is ten thousand descriptors.
  static constexpr Clock::duration kSpareLimit = std::chrono::seconds(30);
  static constexpr std::size_t kFewIdle = 2;

  explicit ConnectionPool(std::unique_ptr<Connector> connector, Clock::duration idle_limit = kIdleLimit,
                          Clock::duration spare_limit = kSpareLimit);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // Drops idle connections that are too old or that the engine has closed. True when there was one: another engine
  // may answer from now on.
  bool drop_dead();
  // The idle connection that was used last, or none.
  Connection take_idle();
  // A new connection. Where the connector has no room for one, the next that is given back, in the order of asking;
  // Timeout after `limit`.
  base::Task<Connection> connect(Clock::duration limit);
  // Keeps it for the next call when it can serve one.
  void give_back(Connection connection);
  void clear() { idle_.clear(); }
  std::size_t idle() const { return idle_.size(); }
  std::string describe() const { return connector_->describe(); }
  void suspect() { connector_->suspect(); }
  LinkReport report() const { return connector_->report(); }

 private:
  struct Idle {
    Connection connection;
    Clock::time_point since;
  };

  struct Waiter;
  base::Task<Connection> wait_for_one(Clock::duration limit);
  void wake_first();
  void drop_spare();

  std::list<Waiter*> waiters_;  // outlives the connector, which tells of room
  std::unique_ptr<Connector> connector_;
  Clock::duration idle_limit_;
  Clock::duration spare_limit_;
  std::vector<Idle> idle_;  // oldest first
};

}  // namespace berth::docker
