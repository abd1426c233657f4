// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_signer.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include <cstring>

#include "base/crypto.hpp"
#include "docker/openssh_lock.hpp"
#include "docker/ssh_error.hpp"
#include "docker/ssh_host_key.hpp"
#include "docker/ssh_wire.hpp"

namespace berth::docker {

namespace {

constexpr std::string_view kOpenSsh = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::uint32_t kSha512 = 4;

using BigPtr = std::unique_ptr<BIGNUM, base::OpensslDeleter<&::BN_clear_free>>;
using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, base::OpensslDeleter<&::EVP_PKEY_CTX_free>>;
using DigestPtr = std::unique_ptr<EVP_MD_CTX, base::OpensslDeleter<&::EVP_MD_CTX_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, base::OpensslDeleter<&::OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, base::OpensslDeleter<&::OSSL_PARAM_free>>;
using EcdsaPtr = std::unique_ptr<ECDSA_SIG, base::OpensslDeleter<&::ECDSA_SIG_free>>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

[[noreturn]] void invalid(const std::string& words) {
  throw SshError(SshFault::KeyInvalid, "ssh-privatekey cannot be used: " + words);
}

BigPtr number_of(std::string_view bytes) {
  return BigPtr(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

// SSH's mpint (RFC 4251, 5): a first bit that is set would make it negative.
void append_big(std::string& to, const BIGNUM* number) {
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  if (!bytes.empty() && (bytes[0] & 0x80) != 0) bytes.insert(0, 1, '\0');
  append_string(to, bytes);
}

base::PkeyPtr build(const char* algorithm, OSSL_PARAM_BLD* builder) {
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder));
  const ContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) != 1) {
    invalid(base::openssl_words());
  }
  return base::PkeyPtr(key);
}

struct Curve {
  const char* ssh;
  const char* openssl;
  const char* digest;
};
constexpr Curve kCurves[] = {
    {"nistp256", "prime256v1", "SHA256"}, {"nistp384", "secp384r1", "SHA384"}, {"nistp521", "secp521r1", "SHA512"}};

base::PkeyPtr read_ecdsa(SshReader& reader) {
  const std::string_view name = reader.string();
  const std::string_view point = reader.string();
  const BigPtr secret = number_of(reader.string());
  for (const Curve& curve : kCurves) {
    if (name != curve.ssh) continue;
    const BuilderPtr builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.openssl, 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret.get());
    return build("EC", builder.get());
  }
  invalid("its curve is not known");
}

base::PkeyPtr read_rsa(SshReader& reader) {
  const BigPtr n = number_of(reader.string());
  const BigPtr e = number_of(reader.string());
  const BigPtr d = number_of(reader.string());
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_D, d.get());
  return build("RSA", builder.get());
}

// Of one key, opened.
base::PkeyPtr read_openssh(std::string_view bytes) {
  SshReader reader(bytes);
  if (reader.number() != reader.number()) invalid("its check numbers differ");
  const std::string_view type = reader.string();
  if (type == "ssh-ed25519") {
    reader.string();
    const std::string_view secret = reader.string().substr(0, 32);
    if (!reader.ok() || secret.size() != 32) invalid("it is cut short");
    return base::PkeyPtr(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(secret), secret.size()));
  }
  if (type.starts_with("ecdsa-sha2-")) return read_ecdsa(reader);
  if (type == "ssh-rsa") return read_rsa(reader);
  throw SshError(SshFault::KeyNotSupported, "keys of type " + std::string(type.substr(0, 40)) + " are not supported");
}

int give_passphrase(char* into, int size, int, void* passphrase) {
  const std::string& text = *static_cast<const std::string*>(passphrase);
  if (text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(into, text.data(), text.size());
  return static_cast<int>(text.size());
}

base::PkeyPtr read_pem(const std::string& text, const std::string& passphrase, SshKeyLock lock) {
  ERR_clear_error();
  const base::BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  base::PkeyPtr key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, const_cast<std::string*>(&passphrase)));
  if (key) return key;
  if (lock == SshKeyLock::Passphrase) {
    throw SshError(SshFault::PassphraseWrong, "the passphrase does not open ssh-privatekey");
  }
  invalid(base::openssl_words());
}

BigPtr big_param(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  return BigPtr(number);
}

const Curve& curve_of(const EVP_PKEY* key) {
  char name[64] = {};
  EVP_PKEY_get_group_name(key, name, sizeof name, nullptr);
  for (const Curve& curve : kCurves) {
    if (std::strcmp(name, curve.openssl) == 0) return curve;
  }
  invalid("its curve is not one of SSH's");
}

std::string blob_of(const EVP_PKEY* key) {
  std::string blob;
  std::string raw(256, '\0');
  std::size_t size = raw.size();
  auto* into = reinterpret_cast<unsigned char*>(raw.data());
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      EVP_PKEY_get_raw_public_key(key, into, &size);
      append_string(blob, "ssh-ed25519");
      append_string(blob, std::string_view(raw).substr(0, size));
      return blob;
    case EVP_PKEY_RSA:
      append_string(blob, "ssh-rsa");
      append_big(blob, big_param(key, OSSL_PKEY_PARAM_RSA_E).get());
      append_big(blob, big_param(key, OSSL_PKEY_PARAM_RSA_N).get());
      return blob;
    case EVP_PKEY_EC: {
      const Curve& curve = curve_of(key);
      EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, into, raw.size(), &size);
      append_string(blob, "ecdsa-sha2-" + std::string(curve.ssh));
      append_string(blob, curve.ssh);
      append_string(blob, std::string_view(raw).substr(0, size));
      return blob;
    }
    default:
      throw SshError(SshFault::KeyNotSupported, "keys of this type are not supported: use ed25519, ECDSA or RSA");
  }
}

std::string digest_sign(EVP_PKEY* key, const char* digest, std::string_view data) {
  ERR_clear_error();
  const DigestPtr context(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (EVP_DigestSignInit_ex(context.get(), nullptr, digest, nullptr, nullptr, key, nullptr) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes_of(data), data.size()) != 1) {
    throw base::internal_error("sign: " + base::openssl_words());
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(data),
                     data.size()) != 1) {
    throw base::internal_error("sign: " + base::openssl_words());
  }
  signature.resize(size);
  return signature;
}

// From DER to the two numbers (RFC 5656, 3.1.2).
std::string ecdsa_form(const std::string& der) {
  const unsigned char* at = bytes_of(der);
  const EcdsaPtr pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string numbers;
  append_big(numbers, ECDSA_SIG_get0_r(pair.get()));
  append_big(numbers, ECDSA_SIG_get0_s(pair.get()));
  return numbers;
}

}  // namespace

SshSigner SshSigner::from(const SshIdentity& identity) {
  const std::string& text = identity.private_key.reveal();
  const SshKeyKind kind = kind_of_private_key(text);
  if (kind.type == SshKeyType::Unreadable) invalid("it is no private key in PEM or OpenSSH's format");
  if (kind.lock == SshKeyLock::Passphrase && identity.passphrase.empty()) {
    throw SshError(SshFault::PassphraseWrong, "ssh-privatekey has a passphrase, and the Secret has none");
  }
  base::PkeyPtr key;
  const std::size_t begin = text.find(kOpenSsh);
  if (begin == std::string::npos) {
    key = read_pem(text, identity.passphrase.reveal(), kind.lock);
  } else {
    std::string body = text.substr(begin + kOpenSsh.size());
    body.resize(body.find("-----END"));
    std::erase_if(body, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
    const WipedString bytes(base::from_base64(body));
    OPENSSL_cleanse(body.data(), body.size());
    key = read_openssh(open_openssh_key(bytes.reveal(), identity.passphrase.reveal()).reveal());
  }
  if (!key) invalid(base::openssl_words());
  std::string certificate;
  try {
    if (!identity.certificate.empty()) certificate = host_key_from_line(identity.certificate).blob;
  } catch (const base::Status& status) {
    throw SshError(SshFault::KeyInvalid, "certificate: " + status.message());
  }
  std::string blob = blob_of(key.get());
  return SshSigner(std::move(key), std::move(blob), std::move(certificate));
}

std::string SshSigner::sign(std::string_view data, std::uint32_t flags) const {
  std::string form;
  std::string signature;
  switch (EVP_PKEY_get_base_id(key_.get())) {
    case EVP_PKEY_ED25519:
      form = "ssh-ed25519";
      signature = digest_sign(key_.get(), nullptr, data);
      break;
    case EVP_PKEY_RSA:
      form = (flags & kSha512) != 0 ? "rsa-sha2-512" : "rsa-sha2-256";
      signature = digest_sign(key_.get(), (flags & kSha512) != 0 ? "SHA512" : "SHA256", data);
      break;
    default: {
      const Curve& curve = curve_of(key_.get());
      form = "ecdsa-sha2-" + std::string(curve.ssh);
      signature = ecdsa_form(digest_sign(key_.get(), curve.digest, data));
    }
  }
  std::string answer;
  append_string(answer, form);
  append_string(answer, signature);
  return answer;
}

}  // namespace berth::docker
