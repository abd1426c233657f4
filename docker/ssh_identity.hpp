// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one user logs in with. It exists while a session is made, and no longer.
#include <functional>
#include <string>
#include <string_view>

namespace berth::docker {

// Bytes that are wiped when they go, and that nothing prints.
class WipedString {
 public:
  WipedString() = default;
  explicit WipedString(std::string_view bytes) : bytes_(bytes) {}
  WipedString(WipedString&&) noexcept = default;
  WipedString& operator=(WipedString&& other) noexcept;
  WipedString(const WipedString&) = delete;
  WipedString& operator=(const WipedString&) = delete;
  ~WipedString();
  bool empty() const { return bytes_.empty(); }
  // Ends with a NUL, as C libraries want it.
  const std::string& reveal() const { return bytes_; }

 private:
  void wipe() noexcept;
  std::string bytes_;
};

struct SshIdentity {
  WipedString private_key;  // PEM or OpenSSH's format
  WipedString passphrase;
  WipedString password;
  std::string certificate;  // a line of OpenSSH's, "ssh-ed25519-cert-v01@openssh.com AAAA..."
};

// Asked for each time a session is made. Throws NotFound in words that name what is missing.
using SshIdentitySource = std::function<SshIdentity()>;

enum class SshKeyType { Unreadable, Ed25519, Ecdsa, Rsa, Dsa, Other };
enum class SshKeyLock { Open, Passphrase };
struct SshKeyKind {
  SshKeyType type = SshKeyType::Unreadable;
  SshKeyLock lock = SshKeyLock::Open;
};

// What kind of private key this is, as far as its text says without a passphrase. A locked key in PKCS #8 does not say
// its type: Other.
SshKeyKind kind_of_private_key(std::string_view text);

}  // namespace berth::docker
