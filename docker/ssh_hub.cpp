// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_hub.hpp"

#include "base/prompt_tcp.hpp"
#include "docker/openssh_tunnel.hpp"

namespace berth::docker {

using base::Task;

namespace {

constexpr auto kConnectLimit = std::chrono::seconds(10);
constexpr auto kLoginLimit = std::chrono::seconds(10);
// Well below what TCP itself waits between its later tries: a link that comes back is found by a new connection.
constexpr auto kDeadAfter = std::chrono::seconds(10);
constexpr SshSession::Pulse kPulse{std::chrono::seconds(5), std::chrono::seconds(5)};

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

SshHub::SshHub(base::Executor loop, base::Metrics& metrics)
    : links_(loop), jumps_(loop), turn_(loop), scope_(loop, "ssh") {
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
  const auto fit = [](SshLink& link) { return link.session().alive() && link.session().opens_promptly(); };
  SharedLinks<SshLink>::Make make_one = [this, &chain, count] { return make(chain, count); };
  co_return co_await links_.get(key_of(chain, count), fit, std::move(make_one));
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
  const SshSession::Pulse pulse = through ? kPulse : SshSession::Pulse{};
  auto session = SshSession::start(std::move(pipe), server.name(), pulse, scope_);
  co_return std::make_shared<SshLink>(std::move(session), std::move(through));
}

Task<std::unique_ptr<OpensshTunnel>> SshHub::tunnel(SshChain chain, std::string engine_socket) {
  std::shared_ptr<OpensshLogin> through = co_await pass_jumps(chain, chain.servers.size() - 1);
  const SshServer& host = chain.servers.back();
  while (logging_in_.contains(host.name())) co_await turn_.wait();
  const Turn turn(*this, host.name());
  if (!through) connections_.increment();
  co_return co_await OpensshTunnel::open(host, std::move(through), std::move(engine_socket));
}

// Through the first `count` servers; none for 0.
Task<std::shared_ptr<OpensshLogin>> SshHub::pass_jumps(const SshChain& chain, std::size_t count) {
  if (count == 0) co_return nullptr;
  const auto fit = [](OpensshLogin& login) { return login.fit(); };
  SharedLinks<OpensshLogin>::Make make_one = [this, &chain, count] { return log_in_to_jump(chain, count); };
  co_return co_await jumps_.get(key_of(chain, count), fit, std::move(make_one));
}

Task<std::shared_ptr<OpensshLogin>> SshHub::log_in_to_jump(const SshChain& chain, std::size_t count) {
  std::shared_ptr<OpensshLogin> through = co_await pass_jumps(chain, count - 1);
  const SshServer& server = chain.servers[count - 1];
  while (logging_in_.contains(server.name())) co_await turn_.wait();
  const Turn turn(*this, server.name());
  if (!through) connections_.increment();
  co_return co_await OpensshLogin::to_jump(server, std::move(through));
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
