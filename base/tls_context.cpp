// SPDX-License-Identifier: Apache-2.0
#include "base/tls_context.hpp"

#include <malloc.h>
#include <openssl/crypto.h>

#include <array>
#include <cstdlib>

#include "base/status.hpp"

namespace berth::base {
namespace {

// OpenSSL's buffers for records live for one record each (SSL_MODE_RELEASE_BUFFERS), so that an idle connection holds
// none. The general allocator tidies its whole heap for a block of that size; a few that each thread keeps spare it.
constexpr std::size_t kRecordBuffer = 17 * 1024;  // a record of the largest size, its overhead, and some slack

struct SpareBuffers {
  std::array<void*, 4> blocks;
  std::size_t count;
  bool closed;  // the thread is ending
};
thread_local constinit SpareBuffers spare{};

struct SpareBuffersEnd {
  ~SpareBuffersEnd() {
    while (spare.count > 0) std::free(spare.blocks[--spare.count]);
    spare.closed = true;
  }
};

void* allocate(std::size_t size, const char*, int) {
  if (size <= 16 * 1024 || size > kRecordBuffer) return std::malloc(size);
  if (spare.count > 0) return spare.blocks[--spare.count];
  return std::malloc(kRecordBuffer);
}

void* reallocate(void* block, std::size_t size, const char*, int) { return std::realloc(block, size); }

void release(void* block, const char*, int) {
  const std::size_t size = ::malloc_usable_size(block);
  const bool keep = size >= kRecordBuffer && size < kRecordBuffer + 64;
  if (!keep || spare.closed || spare.count == spare.blocks.size()) return std::free(block);
  static thread_local const SpareBuffersEnd end;
  spare.blocks[spare.count++] = block;
}

// Refused, without harm, once OpenSSL has allocated anything: so before main().
[[maybe_unused]] const int kMemoryIsSet = CRYPTO_set_mem_functions(allocate, reallocate, release);

void check(int result, std::string_view what) {
  if (result != 1) throw internal_error("TLS: " + std::string(what) + ": " + openssl_words());
}

SslContextPtr make_context(const SSL_METHOD* method) {
  ERR_clear_error();
  SslContextPtr made(SSL_CTX_new(method));
  if (!made) throw internal_error("TLS: " + openssl_words());
  SSL_CTX* context = made.get();
  check(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION), "version");
  check(SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20"), "ciphers");
  check(SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"),
        "cipher suites");
  // No resumption: connections are long, and a ticket costs memory and a write in every handshake.
  SSL_CTX_set_options(
      context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  check(SSL_CTX_set_num_tickets(context, 0), "tickets");
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  return made;
}

void use_identity(SSL_CTX* context, const PemPair& identity) {
  const auto chain = read_certificates(identity.certificate);
  if (chain.empty()) throw bad_request("certificate: no certificate found");
  const PkeyPtr key = read_key(identity.key);
  ERR_clear_error();
  check(SSL_CTX_use_certificate(context, chain.front().get()), "certificate");
  for (std::size_t i = 1; i < chain.size(); ++i) {
    check(static_cast<int>(SSL_CTX_add1_chain_cert(context, chain[i].get())), "certificate chain");
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    throw bad_request("private key does not belong to the certificate: " + openssl_words());
  }
}

void trust(SSL_CTX* context, const std::string& ca) {
  const auto certificates = read_certificates(ca);
  if (certificates.empty()) throw bad_request("certificate authority: no certificate found");
  for (const X509Ptr& certificate : certificates) {
    check(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()), "certificate authority");
  }
}

}  // namespace

TlsContext::~TlsContext() = default;

std::shared_ptr<TlsContext> TlsContext::for_server(const PemPair& identity, const std::string& client_ca) {
  SslContextPtr made = make_context(TLS_server_method());
  SSL_CTX* context = made.get();
  use_identity(context, identity);
  if (!client_ca.empty()) {
    trust(context, client_ca);
    // Clients choose the certificate to show by these names.
    for (const X509Ptr& certificate : read_certificates(client_ca)) {
      check(SSL_CTX_add_client_CA(context, certificate.get()), "client certificate authority");
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  std::shared_ptr<TlsContext> result(new TlsContext);
  result->state_ = std::make_unique<State>(State{std::move(made)});
  return result;
}

std::shared_ptr<TlsContext> TlsContext::for_client(const std::string& ca, const std::optional<PemPair>& identity) {
  SslContextPtr made = make_context(TLS_client_method());
  SSL_CTX* context = made.get();
  if (ca.empty()) {
    check(SSL_CTX_set_default_verify_paths(context), "system roots");
  } else {
    trust(context, ca);
  }
  if (identity) use_identity(context, *identity);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  std::shared_ptr<TlsContext> result(new TlsContext);
  result->state_ = std::make_unique<State>(State{std::move(made)});
  return result;
}

std::shared_ptr<TlsContext> TlsContext::for_any_server() {
  std::shared_ptr<TlsContext> result(new TlsContext);
  result->state_ = std::make_unique<State>(State{make_context(TLS_client_method())});
  return result;
}

}  // namespace berth::base
