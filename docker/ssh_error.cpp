// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_error.hpp"

namespace berth::docker {

std::string_view to_string(SshFault fault) {
  switch (fault) {
    case SshFault::NoAnswer:
      return "NoAnswer";
    case SshFault::ConnectionRefused:
      return "ConnectionRefused";
    case SshFault::NameNotFound:
      return "NameNotFound";
    case SshFault::NotSsh:
      return "NotSsh";
    case SshFault::ServerBusy:
      return "ServerBusy";
    case SshFault::AlgorithmsRefused:
      return "AlgorithmsRefused";
    case SshFault::HostKeyUnknown:
      return "HostKeyUnknown";
    case SshFault::HostKeyChanged:
      return "HostKeyChanged";
    case SshFault::IdentityMissing:
      return "IdentityMissing";
    case SshFault::KeyInvalid:
      return "KeyInvalid";
    case SshFault::KeyNotSupported:
      return "KeyNotSupported";
    case SshFault::PassphraseWrong:
      return "PassphraseWrong";
    case SshFault::AuthenticationFailed:
      return "AuthenticationFailed";
    case SshFault::ForwardingRefused:
      return "ForwardingRefused";
    case SshFault::EngineSocketRefused:
      return "EngineSocketRefused";
    case SshFault::DockerMissing:
      return "DockerMissing";
    case SshFault::SessionsExhausted:
      return "SessionsExhausted";
    case SshFault::ConnectionLost:
      return "ConnectionLost";
    case SshFault::ProtocolError:
      return "ProtocolError";
    case SshFault::ClientFailed:
      return "ClientFailed";
  }
  return "";
}

bool is_final(SshFault fault) {
  switch (fault) {
    case SshFault::IdentityMissing:
    case SshFault::KeyInvalid:
    case SshFault::KeyNotSupported:
    case SshFault::PassphraseWrong:
    case SshFault::AuthenticationFailed:
      return true;
    default:
      return false;
  }
}

bool wants_openssh(SshFault fault) {
  return fault == SshFault::AlgorithmsRefused || fault == SshFault::KeyNotSupported;
}

}  // namespace berth::docker
