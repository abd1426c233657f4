// SPDX-License-Identifier: Apache-2.0
#pragma once
// The engine's socket brought here by the system's own ssh: for RSA keys, certificates, and servers that allow nothing
// that libssh2 knows.
#include <memory>
#include <string>

#include "base/stream.hpp"
#include "docker/openssh_login.hpp"

namespace berth::docker {

class OpensshTunnel {
 public:
  // Throws SshError that names the server, SshTrustError.
  static base::Task<std::unique_ptr<OpensshTunnel>> open(SshServer host, std::shared_ptr<OpensshLogin> through,
                                                         std::string engine_socket);

  bool alive() { return login_->alive(); }
  base::Task<base::StreamPtr> connect(std::chrono::steady_clock::duration limit);
  // A stream to an engine that has answered once. Throws SshError EngineSocketRefused.
  base::Task<base::StreamPtr> probe(std::chrono::steady_clock::duration limit);

 private:
  OpensshTunnel(std::string server, std::shared_ptr<OpensshLogin> login)
      : server_(std::move(server)), login_(std::move(login)) {}

  std::string server_;
  std::shared_ptr<OpensshLogin> login_;
};

}  // namespace berth::docker
