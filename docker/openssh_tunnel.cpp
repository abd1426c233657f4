// SPDX-License-Identifier: Apache-2.0
#include "docker/openssh_tunnel.hpp"

#include "docker/ping_probe.hpp"

namespace berth::docker {

using base::Task;
using std::chrono::steady_clock;

Task<std::unique_ptr<OpensshTunnel>> OpensshTunnel::open(SshServer host, std::shared_ptr<OpensshLogin> through,
                                                         std::string engine_socket) {
  std::string name = host.name();
  std::shared_ptr<OpensshLogin> login =
      co_await OpensshLogin::to_host(std::move(host), std::move(through), std::move(engine_socket));
  co_return std::unique_ptr<OpensshTunnel>(new OpensshTunnel(std::move(name), std::move(login)));
}

Task<base::StreamPtr> OpensshTunnel::connect(steady_clock::duration limit) {
  return base::connect_unix(login_->engine(), limit);
}

Task<base::StreamPtr> OpensshTunnel::probe(steady_clock::duration limit) {
  base::StreamPtr stream = co_await connect(limit);
  const bool answered = co_await answers_ping(*stream, limit);
  if (!answered) {
    throw SshError(SshFault::EngineSocketRefused,
                   server_ + ": no engine behind the forwarding: ssh: " + login_->words());
  }
  co_return stream;
}

}  // namespace berth::docker
