// SPDX-License-Identifier: Apache-2.0
// The certificates that berthd makes for itself (base/tls.hpp).
#include <arpa/inet.h>
#include <openssl/rand.h>

#include <array>

#include "base/openssl_handles.hpp"
#include "base/status.hpp"
#include "base/tls.hpp"

namespace berth::base {
namespace {

using NamePtr = std::unique_ptr<X509_NAME, OpensslDeleter<&::X509_NAME_free>>;
using BignumPtr = std::unique_ptr<BIGNUM, OpensslDeleter<&::BN_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslDeleter<&::GENERAL_NAMES_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslDeleter<&::X509_EXTENSION_free>>;

constexpr std::chrono::minutes kBackdate{5};  // clocks differ
constexpr std::chrono::hours kCaLifetime{24 * 3650};

[[noreturn]] void fail(std::string_view what) {
  throw internal_error("make certificate: " + std::string(what) + ": " + openssl_words());
}

void check(int result, std::string_view what) {
  if (result != 1) fail(what);
}

PkeyPtr make_key() {
  PkeyPtr key(EVP_EC_gen("P-256"));
  if (!key) fail("key");
  return key;
}

template <class Write>
std::string to_pem(Write write) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio) fail("memory");
  check(write(bio.get()), "PEM");
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  return to_pem([certificate](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string pem_of(EVP_PKEY* key) {
  return to_pem(
      [key](BIO* bio) { return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

void add_entry(X509_NAME* name, int kind, const std::string& text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  check(X509_NAME_add_entry_by_NID(name, kind, MBSTRING_UTF8, bytes, static_cast<int>(text.size()), -1, 0), "subject");
}

void set_random_serial(X509* certificate) {
  // 128 bits, the first of them 0 so that the encoded integer stays positive in 16 bytes.
  const BignumPtr number(BN_new());
  if (!number) fail("serial");
  check(BN_rand(number.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY), "serial");
  if (BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr) fail("serial");
}

void set_validity(X509* certificate, WallTime now, std::chrono::hours lifetime) {
  const auto set = [](ASN1_TIME* time, WallTime to) {
    if (ASN1_TIME_set(time, std::chrono::system_clock::to_time_t(to)) == nullptr) fail("validity");
  };
  set(X509_getm_notBefore(certificate), now - kBackdate);
  set(X509_getm_notAfter(certificate), now + lifetime);
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  if (!extension) fail(value);
  check(X509_add_ext(certificate, extension.get(), -1), value);
}

// Names go in as values, never as OpenSSL's configuration text, where a comma would start another name.
void add_name(GENERAL_NAMES* names, int kind, const void* bytes, std::size_t size) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_STRING* value = ASN1_STRING_type_new(kind == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);
  if (name == nullptr || value == nullptr || ASN1_STRING_set(value, bytes, static_cast<int>(size)) != 1) {
    GENERAL_NAME_free(name);
    ASN1_STRING_free(value);
    fail("subject alternative name");
  }
  GENERAL_NAME_set0_value(name, kind, value);
  if (sk_GENERAL_NAME_push(names, name) == 0) {
    GENERAL_NAME_free(name);
    fail("subject alternative name");
  }
}

void add_alternative_names(X509* certificate, const LeafRequest& request) {
  const GeneralNamesPtr names(GENERAL_NAMES_new());
  if (!names) fail("subject alternative name");
  for (const std::string& dns : request.dns_names) add_name(names.get(), GEN_DNS, dns.data(), dns.size());
  for (const std::string& ip : request.ip_addresses) {
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(AF_INET, ip.c_str(), bytes.data()) == 1) {
      add_name(names.get(), GEN_IPADD, bytes.data(), 4);
    } else if (::inet_pton(AF_INET6, ip.c_str(), bytes.data()) == 1) {
      add_name(names.get(), GEN_IPADD, bytes.data(), 16);
    } else {
      throw internal_error("make certificate: \"" + ip + "\" is no IP address");
    }
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) return;
  check(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT),
        "subject alternative name");
}

// A certificate of version 3 with key, serial and validity; subject, issuer and extensions follow.
X509Ptr start_certificate(EVP_PKEY* key, WallTime now, std::chrono::hours lifetime) {
  X509Ptr certificate(X509_new());
  if (!certificate) fail("memory");
  check(X509_set_version(certificate.get(), X509_VERSION_3), "version");
  set_random_serial(certificate.get());
  set_validity(certificate.get(), now, lifetime);
  check(X509_set_pubkey(certificate.get(), key), "key");
  return certificate;
}

void sign(X509* certificate, EVP_PKEY* key) {
  if (X509_sign(certificate, key, EVP_sha256()) <= 0) fail("signature");
}

}  // namespace

PemPair make_ca(const std::string& common_name, WallTime now) {
  ERR_clear_error();
  const PkeyPtr key = make_key();
  const X509Ptr certificate = start_certificate(key.get(), now, kCaLifetime);
  X509* ca = certificate.get();
  const NamePtr name(X509_NAME_new());
  if (!name) fail("memory");
  add_entry(name.get(), NID_commonName, common_name);
  check(X509_set_subject_name(ca, name.get()), "subject");
  check(X509_set_issuer_name(ca, name.get()), "issuer");
  add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature");
  add_extension(ca, ca, NID_subject_key_identifier, "hash");
  add_extension(ca, ca, NID_authority_key_identifier, "keyid:always");
  sign(ca, key.get());
  return {pem_of(ca), pem_of(key.get())};
}

PemPair make_leaf(const PemPair& ca, const LeafRequest& request, WallTime now) {
  const auto issuers = read_certificates(ca.certificate);
  if (issuers.empty()) throw internal_error("make certificate: the authority has no certificate");
  const PkeyPtr issuer_key = read_key(ca.key);
  X509* issuer = issuers.front().get();
  ERR_clear_error();
  const PkeyPtr key = make_key();
  const X509Ptr certificate = start_certificate(key.get(), now, request.valid_for);
  X509* leaf = certificate.get();
  const NamePtr name(X509_NAME_new());
  if (!name) fail("memory");
  for (const std::string& organization : request.organizations) {
    add_entry(name.get(), NID_organizationName, organization);
  }
  add_entry(name.get(), NID_commonName, request.common_name);
  check(X509_set_subject_name(leaf, name.get()), "subject");
  check(X509_set_issuer_name(leaf, X509_get_subject_name(issuer)), "issuer");
  add_extension(leaf, issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(leaf, issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(leaf, issuer, NID_ext_key_usage, request.for_server ? "serverAuth" : "clientAuth");
  add_extension(leaf, issuer, NID_subject_key_identifier, "hash");
  add_extension(leaf, issuer, NID_authority_key_identifier, "keyid:always");
  add_alternative_names(leaf, request);
  sign(leaf, issuer_key.get());
  return {pem_of(leaf), pem_of(key.get())};
}

WallTime certificate_expiry(const std::string& pem) {
  const auto certificates = read_certificates(pem);
  if (certificates.empty()) throw bad_request("certificate: no certificate found");
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificates.front().get()), &time) != 1) {
    throw bad_request("certificate: malformed validity");
  }
  return std::chrono::system_clock::from_time_t(::timegm(&time));
}

}  // namespace berth::base
