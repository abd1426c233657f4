// SPDX-License-Identifier: Apache-2.0
#pragma once
// The engine's socket brought here by the system's own ssh: for RSA keys, certificates, and servers that allow nothing
// that libssh2 knows. One process and one TCP connection for a host. The host key is checked against the pinned ones in
// a file of public keys; the private key stays with berthd, which is ssh's agent while it logs in.
#include <memory>
#include <string>

#include "base/task.hpp"
#include "docker/openssh_program.hpp"
#include "docker/ssh_login.hpp"

namespace berth::docker {

class OpensshTunnel {
 public:
  // Throws SshError that names the server, SshTrustError.
  static base::Task<std::unique_ptr<OpensshTunnel>> open(const SshServer& server, std::string engine_socket);
  ~OpensshTunnel();
  OpensshTunnel(const OpensshTunnel&) = delete;
  OpensshTunnel& operator=(const OpensshTunnel&) = delete;

  bool alive() { return !program_->ended(); }
  base::Task<base::StreamPtr> connect(std::chrono::steady_clock::duration limit);
  // A stream to an engine that has answered once. Throws SshError EngineSocketRefused.
  base::Task<base::StreamPtr> probe(std::chrono::steady_clock::duration limit);

 private:
  OpensshTunnel(std::string folder, std::string server);
  base::Task<void> wait_until_up(const SshServer& server);

  std::string folder_;  // private, removed at the end
  std::string server_;
  std::unique_ptr<OpensshProgram> program_;
};

// ssh's arguments, of which none is made of anything but checked words: `folder` holds agent, known_hosts and engine.
// Throws SshError ProtocolError for a socket whose path ssh would read otherwise. Pure.
std::vector<std::string> openssh_arguments(const SshServer& server, const std::string& engine_socket,
                                           const std::string& folder);

// What ssh said when it gave up. Pure.
SshFault openssh_fault(std::string_view words);

}  // namespace berth::docker
