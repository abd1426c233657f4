// SPDX-License-Identifier: Apache-2.0
#include "docker/openssh_lock.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/openssl_handles.hpp"
#include "docker/bcrypt_kdf.hpp"
#include "docker/ssh_error.hpp"
#include "docker/ssh_wire.hpp"

namespace berth::docker {
namespace {

constexpr std::size_t kMagic = 15;           // "openssh-key-v1" and its NUL
constexpr std::uint32_t kMostRounds = 1000;  // ssh-keygen takes 16 or 24 unless told
constexpr std::string_view kWrong = "the passphrase does not open ssh-privatekey";

using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, base::OpensslDeleter<&::EVP_CIPHER_CTX_free>>;

const EVP_CIPHER* cipher_named(std::string_view name) {
  if (name == "aes256-ctr") return EVP_aes_256_ctr();
  if (name == "aes192-ctr") return EVP_aes_192_ctr();
  if (name == "aes128-ctr") return EVP_aes_128_ctr();
  if (name == "aes256-cbc") return EVP_aes_256_cbc();
  if (name == "aes192-cbc") return EVP_aes_192_cbc();
  if (name == "aes128-cbc") return EVP_aes_128_cbc();
  return nullptr;
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string decrypt(const EVP_CIPHER* cipher, const std::string& key, std::string_view secret) {
  const auto key_size = static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher));
  const CipherPtr context(EVP_CIPHER_CTX_new());
  std::string open(secret.size(), '\0');
  int size = 0;
  const bool done = EVP_DecryptInit_ex(context.get(), cipher, nullptr, bytes_of(key), bytes_of(key) + key_size) == 1 &&
                    EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
                    EVP_DecryptUpdate(context.get(), reinterpret_cast<unsigned char*>(open.data()), &size,
                                      bytes_of(secret), static_cast<int>(secret.size())) == 1 &&
                    static_cast<std::size_t>(size) == secret.size();
  if (!done) throw SshError(SshFault::KeyInvalid, "ssh-privatekey cannot be used: it is cut short");
  return open;
}

}  // namespace

WipedString open_openssh_key(std::string_view bytes, std::string_view passphrase) {
  SshReader outer(bytes);
  outer.take(kMagic);
  const std::string_view name = outer.string();
  const std::string_view derivation = outer.string();
  SshReader options(outer.string());
  outer.number();  // how many keys
  outer.string();  // the public one
  const std::string_view secret = outer.string();
  if (!outer.ok()) throw SshError(SshFault::KeyInvalid, "ssh-privatekey cannot be used: it is cut short");
  if (name == "none") return WipedString(secret);
  const EVP_CIPHER* cipher = cipher_named(name);
  const std::string_view salt = options.string();
  const std::uint32_t rounds = options.number();
  if (cipher == nullptr || derivation != "bcrypt" || !options.ok() || salt.empty() || rounds == 0 ||
      rounds > kMostRounds) {
    throw SshError(SshFault::KeyNotSupported,
                   "ssh-privatekey is locked by a cipher or a derivation that is not supported: ssh-keygen -p writes "
                   "it anew");
  }
  const int size = EVP_CIPHER_get_key_length(cipher) + EVP_CIPHER_get_iv_length(cipher);
  std::string key = bcrypt_kdf(passphrase, salt, rounds, static_cast<std::size_t>(size));
  std::string open = decrypt(cipher, key, secret);
  OPENSSL_cleanse(key.data(), key.size());
  WipedString result(open);
  OPENSSL_cleanse(open.data(), open.size());
  SshReader check(result.reveal());
  const std::uint32_t first = check.number();
  if (first != check.number() || !check.ok()) throw SshError(SshFault::PassphraseWrong, std::string(kWrong));
  return result;
}

}  // namespace berth::docker
