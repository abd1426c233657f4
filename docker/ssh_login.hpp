// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a connected stream to an authenticated session: handshake, the host key compared with the pinned ones, and only
// then a credential. One step after the other; nobody else uses the pipe meanwhile.
#include <cstdint>
#include <string>
#include <vector>

#include "docker/connector.hpp"
#include "docker/ssh_host_key.hpp"
#include "docker/ssh_identity.hpp"
#include "docker/ssh_pipe.hpp"

namespace berth::docker {

// One server of a chain, and how to log in there.
struct SshServer {
  std::string address;
  std::uint16_t port = 22;
  std::string user;
  std::vector<SshHostKey> host_keys;
  SshIdentitySource identity;
  std::size_t hop = 0;  // place in the chain

  // "192.0.2.7:22"
  std::string name() const { return address + ":" + std::to_string(port); }
};

// A host key that is not trusted: carries what the server showed.
class SshTrustError : public SshError {
 public:
  SshTrustError(SshFault fault, const std::string& message, OfferedHostKey offered)
      : SshError(fault, message), offered_(std::move(offered)) {}
  const OfferedHostKey& offered() const { return offered_; }

 private:
  OfferedHostKey offered_;
};

// The key that a server showed, judged. Throws SshTrustError. Pure.
void check_host_key(const SshServer& server, const SshHostKey& shown);

// Throws SshError, with the server's name in front of the words.
base::Task<void> log_in(SshPipe& pipe, const SshServer& server, std::chrono::steady_clock::duration limit);

}  // namespace berth::docker
