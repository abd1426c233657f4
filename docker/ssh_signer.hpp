// SPDX-License-Identifier: Apache-2.0
#pragma once
// A private key that signs as an SSH agent does. The key stays in memory, and goes with the signer.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/openssl_handles.hpp"
#include "docker/ssh_identity.hpp"

namespace berth::docker {

class SshSigner {
 public:
  // Reads PEM and OpenSSH's format, with a passphrase or without; with one it takes its time, so not on an event loop.
  // Throws SshError: KeyInvalid, PassphraseWrong, KeyNotSupported.
  static SshSigner from(const SshIdentity& identity);

  // The key as it goes over the wire.
  const std::string& public_blob() const { return blob_; }
  // The certificate's, "" where there is none.
  const std::string& certificate_blob() const { return certificate_; }

  // The signature in SSH's form. `flags` are the agent protocol's: 2 for rsa-sha2-256, 4 for rsa-sha2-512; an RSA key
  // signs by nothing older. Throws InternalError with OpenSSL's words.
  std::string sign(std::string_view data, std::uint32_t flags) const;

 private:
  SshSigner(base::PkeyPtr key, std::string blob, std::string certificate)
      : key_(std::move(key)), blob_(std::move(blob)), certificate_(std::move(certificate)) {}

  base::PkeyPtr key_;
  std::string blob_;
  std::string certificate_;
};

}  // namespace berth::docker
