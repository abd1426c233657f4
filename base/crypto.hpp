// SPDX-License-Identifier: Apache-2.0
#pragma once
// The few primitives Berth uses, over OpenSSL. Keys are 32 bytes. Failures of the library throw InternalError;
// a box that does not open throws BadRequest without saying why.
#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace berth::base {

// 32 bytes of key material: wiped when destroyed, never printed, never serialised.
class Key32 {
 public:
  static Key32 random();
  static Key32 from_bytes(std::string_view bytes);  // throws BadRequest unless 32 bytes
  Key32(const Key32&) = default;
  Key32& operator=(const Key32&) = default;
  ~Key32();
  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  friend Key32 derive_key(const Key32& key, std::string_view salt, std::string_view info);
  Key32() = default;
  std::array<unsigned char, 32> bytes_{};
};

std::string random_bytes(std::size_t count);
std::string random_hex(std::size_t bytes);
// A version 4 UUID.
std::string random_uuid();

// HMAC-SHA256 of the parts joined; 32 bytes.
std::string hmac_sha256(const Key32& key, std::initializer_list<std::string_view> parts);
std::string sha256(std::string_view bytes);
// HKDF-SHA256 (RFC 5869).
Key32 derive_key(const Key32& key, std::string_view salt, std::string_view info);

// AES-256-GCM under a key derived per call from 32 random bytes, so nonces never limit a key's use:
// salt(32) | nonce(12) | ciphertext | tag(16). `context` is authenticated, not stored.
std::string seal(const Key32& key, std::string_view plaintext, std::string_view context);
std::string open(const Key32& key, std::string_view box, std::string_view context);

std::string to_hex(std::string_view bytes);
std::string to_base64(std::string_view bytes);
// Standard alphabet with padding; white space inside is refused. Throws BadRequest.
std::string from_base64(std::string_view text);
std::string to_base64url(std::string_view bytes);  // with padding
// The same without padding, as tokens have it (RFC 7515, section 2).
std::string to_bare_base64url(std::string_view bytes);
std::string from_bare_base64url(std::string_view text);  // throws BadRequest
// Takes the same time wherever they differ.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace berth::base
