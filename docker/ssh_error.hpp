// SPDX-License-Identifier: Apache-2.0
#pragma once
// What can go wrong between here and an engine behind SSH, told apart as a person who mends it would.
#include <string>
#include <string_view>

#include "base/status.hpp"

namespace berth::docker {

enum class SshFault {
  NoAnswer,              // no TCP connection, or one on which nothing is said in time
  ConnectionRefused,     // nothing listens there
  NameNotFound,          // the address does not resolve
  NotSsh,                // somebody answers, and it is no SSH server
  ServerBusy,            // the server closes before it says who it is: MaxStartups, penalties
  AlgorithmsRefused,     // no algorithm in common
  HostKeyUnknown,        // nothing pinned; no credential was sent
  HostKeyChanged,        // another key than the pinned; no credential was sent
  IdentityMissing,       // the Secret, or its keys, are not there
  KeyInvalid,            // the private key is none
  KeyNotSupported,       // RSA, DSA, a certificate: for the OpenSSH transport
  PassphraseWrong,       // or missing
  AuthenticationFailed,  // the server turned user and key, or password, down
  ForwardingRefused,     // the server opens no such channel
  EngineSocketRefused,   // nothing to connect to at the engine's socket, or not for this user
  DockerMissing,         // no docker command on the host, for DialStdio
  SessionsExhausted,     // MaxSessions leaves no room
  ConnectionLost,        // an established session broke
  ProtocolError,         // what the server says makes no sense
  ClientFailed,          // the ssh program cannot be run, or ended in a way that has no other word
};

// The condition's reason: the enumerator's own name.
std::string_view to_string(SshFault fault);

// Thrown as such only within docker/; above it is the ServiceUnavailable that it also is.
class SshError : public base::Status {
 public:
  SshError(SshFault fault, const std::string& message)
      : base::Status(base::Reason::ServiceUnavailable, message), fault_(fault) {}
  SshFault fault() const { return fault_; }
  // The same error with the server's name before it: "jump bastion.example:22: ...".
  SshError at(const std::string& server) const { return {fault_, server + ": " + message()}; }

 private:
  SshFault fault_;
};

// Trying again changes nothing until somebody changes the spec, the Secret or the server's configuration.
bool is_final(SshFault fault);
// The OpenSSH client may get through where the built-in one does not.
bool wants_openssh(SshFault fault);

}  // namespace berth::docker
