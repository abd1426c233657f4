// SPDX-License-Identifier: Apache-2.0
#include "base/es256.hpp"

#include <openssl/ecdsa.h>

#include "base/crypto.hpp"
#include "base/openssl_handles.hpp"
#include "base/status.hpp"

namespace berth::base {
namespace {

using DigestPtr = std::unique_ptr<EVP_MD_CTX, OpensslDeleter<&::EVP_MD_CTX_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, OpensslDeleter<&::ECDSA_SIG_free>>;

constexpr int kNumberBytes = 32;  // r and s

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

[[noreturn]] void fail(std::string_view what) {
  throw internal_error("ES256: " + std::string(what) + ": " + openssl_words());
}

// OpenSSL's DER form as the two numbers side by side.
std::string to_pair(std::string_view der) {
  const unsigned char* at = bytes_of(der);
  const SignaturePtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!signature) fail("signature");
  std::string pair(2 * kNumberBytes, '\0');
  const BIGNUM* r = ECDSA_SIG_get0_r(signature.get());
  const BIGNUM* s = ECDSA_SIG_get0_s(signature.get());
  if (BN_bn2binpad(r, bytes_of(pair), kNumberBytes) < 0 ||
      BN_bn2binpad(s, bytes_of(pair) + kNumberBytes, kNumberBytes) < 0) {
    fail("signature");
  }
  return pair;
}

std::string to_der(std::string_view pair) {
  const SignaturePtr signature(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(bytes_of(pair), kNumberBytes, nullptr);
  BIGNUM* s = BN_bin2bn(bytes_of(pair) + kNumberBytes, kNumberBytes, nullptr);
  if (!signature || ECDSA_SIG_set0(signature.get(), r, s) != 1) fail("signature");
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) fail("signature");
  std::string text(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

}  // namespace

struct Es256Key::Handle {
  PkeyPtr key;
};

Es256Key Es256Key::make() {
  PkeyPtr key(EVP_EC_gen("P-256"));
  if (!key) fail("make key");
  return Es256Key(std::make_shared<const Handle>(std::move(key)));
}

Es256Key Es256Key::from_pem(std::string_view pem) {
  PkeyPtr key = read_key(pem);
  if (EVP_PKEY_is_a(key.get(), "EC") != 1 || EVP_PKEY_get_bits(key.get()) != 8 * kNumberBytes) {
    throw bad_request("the key is not on P-256");
  }
  return Es256Key(std::make_shared<const Handle>(std::move(key)));
}

std::string Es256Key::pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  EVP_PKEY* key = handle_->key.get();
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) fail("PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string Es256Key::id() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(handle_->key.get(), &der);
  if (size <= 0) fail("public key");
  const std::string hash = sha256({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return to_hex(hash);
}

std::string Es256Key::sign(std::string_view bytes) const {
  const DigestPtr digest(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (!digest || EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, handle_->key.get()) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, bytes_of(bytes), bytes.size()) != 1) {
    fail("sign");
  }
  std::string der(size, '\0');
  if (EVP_DigestSign(digest.get(), bytes_of(der), &size, bytes_of(bytes), bytes.size()) != 1) fail("sign");
  return to_pair(std::string_view(der).substr(0, size));
}

bool Es256Key::verify(std::string_view bytes, std::string_view signature) const {
  if (signature.size() != 2 * kNumberBytes) return false;
  const std::string der = to_der(signature);
  const DigestPtr digest(EVP_MD_CTX_new());
  if (!digest || EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, handle_->key.get()) != 1) {
    fail("verify");
  }
  const bool good = EVP_DigestVerify(digest.get(), bytes_of(der), der.size(), bytes_of(bytes), bytes.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace berth::base
