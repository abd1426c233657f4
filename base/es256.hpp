// SPDX-License-Identifier: Apache-2.0
#pragma once
// Signatures as JSON Web Tokens have them: ECDSA over P-256 with SHA-256, 64 bytes (RFC 7518, 3.4).
#include <memory>
#include <string>
#include <string_view>

namespace berth::base {

// Never printed; pem() is for a sealed place alone.
class Es256Key {
 public:
  static Es256Key make();
  // Throws BadRequest unless a private key on P-256.
  static Es256Key from_pem(std::string_view pem);

  std::string pem() const;
  // The public key's SHA-256 over its DER form, in hex: names the key without showing it.
  std::string id() const;

  std::string sign(std::string_view bytes) const;
  // False for a signature of any other form, too.
  bool verify(std::string_view bytes, std::string_view signature) const;

 private:
  struct Handle;
  explicit Es256Key(std::shared_ptr<const Handle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<const Handle> handle_;
};

}  // namespace berth::base
