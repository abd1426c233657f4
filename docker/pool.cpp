// SPDX-License-Identifier: Apache-2.0
#include "docker/pool.hpp"

#include "base/status.hpp"

namespace berth::docker {

// Lives on the frame of who waits.
struct ConnectionPool::Waiter {
  explicit Waiter(base::Executor loop) : woken(std::move(loop)) {}
  base::Signal woken;
  Connection given;
};

ConnectionPool::ConnectionPool(std::unique_ptr<Connector> connector, Clock::duration idle_limit,
                               Clock::duration spare_limit)
    : connector_(std::move(connector)), idle_limit_(idle_limit), spare_limit_(spare_limit) {
  connector_->on_room([this] { wake_first(); });
}

ConnectionPool::~ConnectionPool() { connector_->on_room({}); }

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
  if (connector_->full()) co_return co_await wait_for_one(limit);
  try {
    base::StreamPtr stream = co_await connector_->connect(limit);
    co_return std::make_unique<base::HttpClientConnection>(std::move(stream));
  } catch (const base::Status&) {
    if (!connector_->full()) throw;  // else it has just learned that there is no room
  }
  co_return co_await wait_for_one(limit);
}

base::Task<ConnectionPool::Connection> ConnectionPool::wait_for_one(Clock::duration limit) {
  Connection idle = take_idle();
  if (idle) co_return idle;
  Waiter self(co_await base::this_loop());
  const auto place = waiters_.insert(waiters_.end(), &self);
  // What is given to one who goes away is passed on.
  const std::shared_ptr<void> leave(nullptr, [&](void*) {
    waiters_.erase(place);
    if (self.given) give_back(std::move(self.given));
  });
  const auto end = Clock::now() + limit;
  while (true) {
    const bool told = co_await self.woken.wait_for(end - Clock::now());
    if (self.given) co_return std::move(self.given);
    if (!told) throw base::timeout(describe() + ": every connection that the server allows is in use");
    if (connector_->full()) continue;
    base::StreamPtr stream = co_await connector_->connect(limit);
    co_return std::make_unique<base::HttpClientConnection>(std::move(stream));
  }
}

void ConnectionPool::wake_first() {
  if (!waiters_.empty()) waiters_.front()->woken.notify();
}

void ConnectionPool::give_back(Connection connection) {
  if (!connection->reusable()) return;
  for (Waiter* waiter : waiters_) {
    if (waiter->given) continue;
    waiter->given = std::move(connection);
    waiter->woken.notify();
    return;
  }
  if (idle_.size() >= kMostIdle) idle_.erase(idle_.begin());
  idle_.push_back({std::move(connection), Clock::now()});
  drop_spare();
}

void ConnectionPool::drop_spare() {
  const auto oldest = Clock::now() - spare_limit_;
  while (idle_.size() > kFewIdle && idle_.front().since <= oldest) idle_.erase(idle_.begin());
}

}  // namespace berth::docker
