// SPDX-License-Identifier: Apache-2.0
#pragma once
// The engine's socket brought here by the system's own ssh: for RSA keys, certificates, and servers that allow nothing
// that libssh2 knows. One process for each server of the chain: those of the jumps bring a port of the next server to
// loopback here, where the next process finds it, so that no ssh starts another one by a shell. Host keys are checked
// against the pinned ones in a file of public keys; the private key stays with berthd, which is ssh's agent while it
// logs in.
#include <memory>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "docker/openssh_program.hpp"
#include "docker/ssh_login.hpp"

namespace berth::docker {

class OpensshTunnel {
 public:
  // Throws SshError that names the server, SshTrustError.
  static base::Task<std::unique_ptr<OpensshTunnel>> open(std::vector<SshServer> chain, std::string engine_socket);
  ~OpensshTunnel();
  OpensshTunnel(const OpensshTunnel&) = delete;
  OpensshTunnel& operator=(const OpensshTunnel&) = delete;

  bool alive();
  base::Task<base::StreamPtr> connect(std::chrono::steady_clock::duration limit);
  // A stream to an engine that has answered once. Throws SshError EngineSocketRefused.
  base::Task<base::StreamPtr> probe(std::chrono::steady_clock::duration limit);

 private:
  OpensshTunnel(std::string folder, std::string server);
  // One hop: where its server is reached from here, and what it brings here.
  struct Hop;
  base::Task<void> add(const SshServer& server, Hop hop);
  base::Task<void> wait_until_up(const SshServer& server, Hop hop);
  SshError failure_of(const SshServer& server, const std::string& words) const;

  std::string folder_;  // private, removed at the end
  std::string server_;
  std::vector<std::unique_ptr<OpensshProgram>> programs_;  // of the jumps, in order, and of the host
};

// Where ssh finds a server, and what it brings here.
struct OpensshRoute {
  std::string address;  // the server's own, or loopback behind a jump
  std::uint16_t port = 22;
  std::string folder;                 // private; holds the agent and known_hosts files
  std::string mark;                   // of those two: "agent-0", "known_hosts-0"
  std::vector<std::string> forwards;  // each an argument of -L
};
// What a jump forwards: `port` here to the next server, and a socket whose coming says that it is up.
std::vector<std::string> jump_forwards(std::uint16_t port, const SshServer& next, const std::string& up);
// What the host forwards. Throws SshError ProtocolError for an engine's socket whose path ssh would read otherwise.
std::vector<std::string> engine_forwards(const std::string& here, const std::string& engine_socket);
// ssh's arguments, of which none is made of anything but whole words of the spec. Pure, as the two before.
std::vector<std::string> openssh_arguments(const SshServer& server, const OpensshRoute& route);

// What ssh said when it gave up. Pure.
SshFault openssh_fault(std::string_view words);

}  // namespace berth::docker
