// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_hub.hpp"

#include "base/prompt_tcp.hpp"

namespace berth::docker {

using base::Task;

namespace {

constexpr auto kConnectLimit = std::chrono::seconds(10);
constexpr auto kLoginLimit = std::chrono::seconds(10);
// Well below what TCP itself waits between its later tries: a link that comes back is found by a new connection.
constexpr auto kDeadAfter = std::chrono::seconds(10);

std::string key_of(const SshChain& chain, std::size_t count) {
  std::string key;
  for (std::size_t i = 0; i < count; ++i) key += chain.keys[i] + "\n";
  return key;
}

// The operating system's words, told apart.
SshFault fault_of(const base::Status& status) {
  if (status.reason() == base::Reason::Timeout) return SshFault::NoAnswer;
  if (status.message().find("resolve ") != std::string::npos) return SshFault::NameNotFound;
  const bool refused = status.message().find("Connection refused") != std::string::npos;
  return refused ? SshFault::ConnectionRefused : SshFault::NoAnswer;
}

}  // namespace

// Where a session is, or is being made.
struct SshHub::Place {
  explicit Place(base::Executor loop) : changed(std::move(loop)) {}
  std::weak_ptr<SshLink> link;
  bool busy = false;
  std::uint64_t attempts = 0;
  std::exception_ptr failure;  // of the last attempt
  base::Signal changed;
};

// The right to log in to a server.
class SshHub::Turn {
 public:
  Turn(SshHub& hub, std::string server) : hub_(hub), server_(std::move(server)) { hub_.logging_in_.insert(server_); }
  ~Turn() {
    hub_.logging_in_.erase(server_);
    hub_.turn_.notify();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  SshHub& hub_;
  std::string server_;
};

SshHub::SshHub(base::Executor loop, base::Metrics& metrics) : turn_(loop), scope_(loop, "ssh") {
  connections_ = metrics.counter("berth_ssh_connections_total", "TCP connections made to SSH servers.", {});
}

SshHub::~SshHub() = default;

Task<void> SshHub::stop() {
  co_await base::asio::this_coro::throw_if_cancelled(false);
  scope_.cancel();
  co_await scope_.join();
}

Task<std::shared_ptr<SshLink>> SshHub::reach(SshChain chain) {
  co_return co_await reach_first(chain, chain.servers.size());
}

Task<std::shared_ptr<SshLink>> SshHub::reach_first(const SshChain& chain, std::size_t count) {
  const std::string key = key_of(chain, count);
  std::erase_if(places_, [](const auto& entry) { return !entry.second->busy && entry.second->link.expired(); });
  auto& entry = places_[key];
  if (!entry) entry = std::make_shared<Place>(scope_.loop());
  const std::shared_ptr<Place> place = entry;
  while (place->busy) {
    const std::uint64_t attempt = place->attempts;
    while (place->busy && place->attempts == attempt) co_await place->changed.wait();
    // Those who waited for an attempt share its outcome, unless it was given up.
    if (place->failure && base::to_status(place->failure).reason() != base::Reason::Cancelled) {
      std::rethrow_exception(place->failure);
    }
  }
  auto link = place->link.lock();
  if (link && link->session().alive() && link->session().opens_promptly()) co_return link;
  place->busy = true;
  place->failure = nullptr;
  try {
    link = co_await make(chain, count);
    place->link = link;
  } catch (...) {
    place->failure = std::current_exception();
  }
  place->busy = false;
  ++place->attempts;
  place->changed.notify();
  if (place->failure) std::rethrow_exception(place->failure);
  co_return link;
}

Task<std::shared_ptr<SshLink>> SshHub::make(const SshChain& chain, std::size_t count) {
  const SshServer& server = chain.servers[count - 1];
  std::shared_ptr<SshLink> through;
  if (count > 1) through = co_await reach_first(chain, count - 1);
  while (logging_in_.contains(server.name())) co_await turn_.wait();
  const Turn turn(*this, server.name());
  base::StreamPtr stream = co_await connect(server, through.get());
  auto pipe = std::make_unique<SshPipe>(std::move(stream));
  co_await log_in(*pipe, server, kLoginLimit);
  auto session = SshSession::start(std::move(pipe), server.name(), scope_);
  co_return std::make_shared<SshLink>(std::move(session), std::move(through));
}

Task<base::StreamPtr> SshHub::connect(const SshServer& server, SshLink* through) {
  try {
    if (through != nullptr) {
      co_return co_await through->session().open_tcp(server.address, server.port, kConnectLimit);
    }
    connections_.increment();
    co_return co_await base::connect_tcp_prompt(server.address, server.port, kConnectLimit, kDeadAfter);
  } catch (const SshError& error) {
    if (error.fault() != SshFault::ForwardingRefused) throw;
    throw SshError(error.fault(),
                   server.name() + ": not reached through " + through->session().server() + ": " + error.message());
  } catch (const base::Status& status) {
    if (status.reason() == base::Reason::Cancelled) throw;
    throw SshError(fault_of(status), status.message());
  }
}

}  // namespace berth::docker
