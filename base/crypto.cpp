// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <memory>

#include "base/status.hpp"

namespace berth::base {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::string_view kSealInfo = "berth seal v1";

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, Freer<EVP_MAC_CTX_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Freer<EVP_KDF_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freer<EVP_CIPHER_CTX_free>>;

void require(bool ok, const char* what) {
  if (ok) return;
  char text[160] = "no error given";
  if (const auto code = ERR_get_error()) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  throw internal_error(std::string("OpenSSL: ") + what + ": " + text);
}

const unsigned char* raw(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* raw(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
int length_of(std::string_view bytes) {
  if (bytes.size() > 1U << 30) throw internal_error("too much to encrypt at once");
  return static_cast<int>(bytes.size());
}

OSSL_PARAM octets(const char* name, std::string_view bytes) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
}

OSSL_PARAM sha256_digest() {
  static char name[] = "SHA256";
  return OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
}

// Fetching HMAC and its digest costs more than a short HMAC: one context is made ready and copied for each use.
MacContext hmac_context() {
  static EVP_MAC_CTX* const ready = [] {
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    require(mac != nullptr, "HMAC");
    EVP_MAC_CTX* context = EVP_MAC_CTX_new(mac);
    const OSSL_PARAM parameters[] = {sha256_digest(), OSSL_PARAM_construct_end()};
    require(context && EVP_MAC_CTX_set_params(context, parameters) == 1, "HMAC-SHA256");
    return context;
  }();
  MacContext copy(EVP_MAC_CTX_dup(ready));
  require(copy != nullptr, "HMAC context");
  return copy;
}

CipherContext gcm_context() {
  CipherContext context(EVP_CIPHER_CTX_new());
  require(context != nullptr, "cipher context");
  return context;
}

}  // namespace

Key32 Key32::random() {
  Key32 key;
  require(RAND_priv_bytes(key.bytes_.data(), kKeyBytes) == 1, "random key");
  return key;
}

Key32 Key32::from_bytes(std::string_view bytes) {
  if (bytes.size() != kKeyBytes) throw bad_request("a key has 32 bytes");
  Key32 key;
  std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
  return key;
}

Key32::~Key32() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  require(RAND_bytes(raw(bytes), length_of(bytes)) == 1, "random bytes");
  return bytes;
}

std::string random_hex(std::size_t bytes) { return to_hex(random_bytes(bytes)); }

std::string random_uuid() {
  // Names, not keys: drawn many at a time, because a call of the generator costs what a hundred of them should.
  constexpr std::size_t kBytes = 16;
  static thread_local std::array<unsigned char, 64 * kBytes> drawn;
  static thread_local std::size_t used = drawn.size();
  if (used == drawn.size()) {
    require(RAND_bytes(drawn.data(), static_cast<int>(drawn.size())) == 1, "random bytes");
    used = 0;
  }
  unsigned char* const bytes = drawn.data() + used;
  used += kBytes;
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(36, '-');
  auto digit = text.begin();
  for (std::size_t i = 0; i < kBytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++digit;
    *digit++ = kDigits[bytes[i] >> 4];
    *digit++ = kDigits[bytes[i] & 15];
  }
  return text;
}

std::string hmac_sha256(const Key32& key, std::initializer_list<std::string_view> parts) {
  const MacContext context = hmac_context();
  require(EVP_MAC_init(context.get(), raw(key.bytes()), kKeyBytes, nullptr) == 1, "HMAC");
  for (const std::string_view part : parts) {
    require(EVP_MAC_update(context.get(), raw(part), part.size()) == 1, "HMAC");
  }
  std::string mac(32, '\0');
  std::size_t size = 0;
  require(EVP_MAC_final(context.get(), raw(mac), &size, mac.size()) == 1 && size == mac.size(), "HMAC");
  return mac;
}

std::string sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  require(EVP_Digest(bytes.data(), bytes.size(), raw(digest), nullptr, EVP_sha256(), nullptr) == 1, "SHA-256");
  return digest;
}

Key32 derive_key(const Key32& key, std::string_view salt, std::string_view info) {
  static EVP_KDF* const hkdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  require(hkdf != nullptr, "HKDF");
  const KdfContext context(EVP_KDF_CTX_new(hkdf));
  require(context != nullptr, "HKDF context");
  const OSSL_PARAM parameters[] = {sha256_digest(), octets(OSSL_KDF_PARAM_KEY, key.bytes()),
                                   octets(OSSL_KDF_PARAM_SALT, salt), octets(OSSL_KDF_PARAM_INFO, info),
                                   OSSL_PARAM_construct_end()};
  Key32 derived;
  require(EVP_KDF_derive(context.get(), derived.bytes_.data(), kKeyBytes, parameters) == 1, "HKDF");
  return derived;
}

std::string seal(const Key32& key, std::string_view plaintext, std::string_view context) {
  std::string box = random_bytes(kSaltBytes + kNonceBytes);
  const Key32 own_key = derive_key(key, std::string_view(box).substr(0, kSaltBytes), kSealInfo);
  box.resize(kSaltBytes + kNonceBytes + plaintext.size() + kTagBytes);
  unsigned char* const nonce = raw(box) + kSaltBytes;
  unsigned char* const body = nonce + kNonceBytes;
  const CipherContext cipher = gcm_context();
  int written = 0;
  require(EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), raw(own_key.bytes()), nonce, nullptr) == 1 &&
              EVP_EncryptUpdate(cipher.get(), nullptr, &written, raw(context), length_of(context)) == 1 &&
              EVP_EncryptUpdate(cipher.get(), body, &written, raw(plaintext), length_of(plaintext)) == 1 &&
              EVP_EncryptFinal_ex(cipher.get(), body + written, &written) == 1 &&
              EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, body + plaintext.size()) == 1,
          "AES-256-GCM");
  return box;
}

std::string open(const Key32& key, std::string_view box, std::string_view context) {
  const Status refused = bad_request("the sealed bytes do not open with this key");
  if (box.size() < kSaltBytes + kNonceBytes + kTagBytes) throw refused;
  const Key32 own_key = derive_key(key, box.substr(0, kSaltBytes), kSealInfo);
  const std::string_view nonce = box.substr(kSaltBytes, kNonceBytes);
  const std::string_view body = box.substr(kSaltBytes + kNonceBytes, box.size() - kSaltBytes - kNonceBytes - kTagBytes);
  std::string tag(box.substr(box.size() - kTagBytes));
  std::string plaintext(body.size(), '\0');
  const CipherContext cipher = gcm_context();
  int written = 0;
  require(EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), raw(own_key.bytes()), raw(nonce), nullptr) == 1 &&
              EVP_DecryptUpdate(cipher.get(), nullptr, &written, raw(context), length_of(context)) == 1 &&
              EVP_DecryptUpdate(cipher.get(), raw(plaintext), &written, raw(body), length_of(body)) == 1 &&
              EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1,
          "AES-256-GCM");
  if (EVP_DecryptFinal_ex(cipher.get(), raw(plaintext) + written, &written) != 1) {
    OPENSSL_cleanse(plaintext.data(), plaintext.size());
    ERR_clear_error();
    throw refused;
  }
  return plaintext;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace berth::base
