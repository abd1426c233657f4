// SPDX-License-Identifier: Apache-2.0
#pragma once
// Owners for OpenSSL's objects, and its error queue in words. For what deals with certificates, here and in api/pki.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace berth::base {

template <auto Free>
struct OpensslDeleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioPtr = std::unique_ptr<BIO, OpensslDeleter<&::BIO_free_all>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, OpensslDeleter<&::EVP_PKEY_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslDeleter<&::SSL_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, OpensslDeleter<&::SSL_CTX_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslDeleter<&::X509_free>>;

// The oldest entry of the thread's error queue, in OpenSSL's words; the queue is empty afterwards.
std::string openssl_words();

// Every certificate of a PEM text, in order; none when there is none. Throws BadRequest when one is malformed.
std::vector<X509Ptr> read_certificates(std::string_view pem);
// Throws BadRequest: keys with a passphrase are refused.
PkeyPtr read_key(std::string_view pem);

}  // namespace berth::base
