// SPDX-License-Identifier: Apache-2.0
#include "docker/pool.hpp"

namespace berth::docker {

ConnectionPool::ConnectionPool(std::unique_ptr<Connector> connector, Clock::duration idle_limit)
    : connector_(std::move(connector)), idle_limit_(idle_limit) {}

bool ConnectionPool::drop_dead() {
  const auto oldest = Clock::now() - idle_limit_;
  const auto dead = [oldest](const Idle& entry) { return entry.since <= oldest || !entry.connection->reusable(); };
  return std::erase_if(idle_, dead) > 0;
}

ConnectionPool::Connection ConnectionPool::take_idle() {
  drop_dead();
  if (idle_.empty()) return nullptr;
  Connection connection = std::move(idle_.back().connection);
  idle_.pop_back();
  return connection;
}

base::Task<ConnectionPool::Connection> ConnectionPool::connect(Clock::duration limit) {
  base::StreamPtr stream = co_await connector_->connect(limit);
  co_return std::make_unique<base::HttpClientConnection>(std::move(stream));
}

void ConnectionPool::give_back(Connection connection) {
  if (!connection->reusable()) return;
  if (idle_.size() >= kMostIdle) idle_.erase(idle_.begin());
  idle_.push_back({std::move(connection), Clock::now()});
}

}  // namespace berth::docker
