// SPDX-License-Identifier: Apache-2.0
#pragma once
// The key derivation that OpenSSH locks private keys with, which OpenSSL does not have: PBKDF2 around a bcrypt hash
// with SHA-512 (bcrypt_pbkdf(3) of OpenBSD).
#include <cstdint>
#include <string>
#include <string_view>

namespace berth::docker {

// `size` bytes from a passphrase. Takes its time, by design: some milliseconds for each round and 32 bytes.
std::string bcrypt_kdf(std::string_view passphrase, std::string_view salt, std::uint32_t rounds, std::size_t size);

}  // namespace berth::docker
