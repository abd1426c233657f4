// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_identity.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "base/crypto.hpp"
#include "base/openssl_handles.hpp"
#include "base/status.hpp"
#include "docker/ssh_wire.hpp"

namespace berth::docker {

namespace {

constexpr std::string_view kOpenSsh = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view kMagic{"openssh-key-v1\0", 15};

SshKeyType type_of(std::string_view name) {
  if (name == "ssh-ed25519") return SshKeyType::Ed25519;
  if (name.starts_with("ecdsa-sha2-")) return SshKeyType::Ecdsa;
  if (name == "ssh-rsa") return SshKeyType::Rsa;
  return name == "ssh-dss" ? SshKeyType::Dsa : SshKeyType::Other;
}

// https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
SshKeyKind kind_of_openssh(std::string_view text) {
  const std::size_t end = text.find("-----END");
  if (end == std::string_view::npos) return {};
  std::string body(text.substr(kOpenSsh.size(), end - kOpenSsh.size()));
  std::erase_if(body, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
  std::string bytes;
  try {
    bytes = base::from_base64(body);
  } catch (const base::Status&) {
    return {};
  }
  OPENSSL_cleanse(body.data(), body.size());
  SshReader reader(bytes);
  const bool magic = reader.take(kMagic.size()) == kMagic;
  const std::string_view cipher = reader.string();
  reader.string();  // key derivation
  reader.string();  // its options
  reader.number();  // keys
  SshReader public_key(reader.string());
  const std::string_view name = public_key.string();
  SshKeyKind kind;
  if (magic && reader.ok() && public_key.ok()) {
    kind = {type_of(name), cipher == "none" ? SshKeyLock::Open : SshKeyLock::Passphrase};
  }
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return kind;
}

SshKeyType type_of_pem(std::string_view text) {
  try {
    const base::PkeyPtr key = base::read_key(text);
    switch (EVP_PKEY_get_base_id(key.get())) {
      case EVP_PKEY_ED25519:
        return SshKeyType::Ed25519;
      case EVP_PKEY_EC:
        return SshKeyType::Ecdsa;
      case EVP_PKEY_RSA:
        return SshKeyType::Rsa;
      case EVP_PKEY_DSA:
        return SshKeyType::Dsa;
      default:
        return SshKeyType::Other;
    }
  } catch (const base::Status&) {
    return SshKeyType::Unreadable;
  }
}

}  // namespace

WipedString& WipedString::operator=(WipedString&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
  }
  return *this;
}

WipedString::~WipedString() { wipe(); }

void WipedString::wipe() noexcept { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

SshKeyKind kind_of_private_key(std::string_view text) {
  const std::size_t begin = text.find("-----BEGIN ");
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin);
  if (text.starts_with(kOpenSsh)) return kind_of_openssh(text);
  const bool legacy_lock = text.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
  if (text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----")) return {SshKeyType::Other, SshKeyLock::Passphrase};
  if (!legacy_lock) return {type_of_pem(text), SshKeyLock::Open};
  if (text.starts_with("-----BEGIN RSA ")) return {SshKeyType::Rsa, SshKeyLock::Passphrase};
  if (text.starts_with("-----BEGIN EC ")) return {SshKeyType::Ecdsa, SshKeyLock::Passphrase};
  if (text.starts_with("-----BEGIN DSA ")) return {SshKeyType::Dsa, SshKeyLock::Passphrase};
  return {};
}

}  // namespace berth::docker
