// SPDX-License-Identifier: Apache-2.0
#include "bench/bare_client.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "base/status.hpp"

namespace berth::bench {
namespace {

[[noreturn]] void fail(const char* what) {
  const char* const system = std::strerror(errno);
  throw base::internal_error(std::string(what) + ": " + base::openssl_words() + ", " + system);
}

}  // namespace

base::SslContextPtr make_bare_context(const Credentials& credentials) {
  base::SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  const auto certificates = base::read_certificates(credentials.identity.certificate);
  const base::PkeyPtr key = base::read_key(credentials.identity.key);
  if (SSL_CTX_use_certificate(context.get(), certificates.at(0).get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    fail("TLS");
  }
  for (const auto& authority : base::read_certificates(credentials.ca)) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.get());
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_read_ahead(context.get(), 1);  // all that came by one receive
  return context;
}

BareClient::BareClient(SSL_CTX& context, const Credentials& credentials)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), ssl_(SSL_new(&context)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(credentials.port);
  ::inet_pton(AF_INET, credentials.host.c_str(), &address.sin_addr);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  SSL_set_fd(ssl_.get(), socket_);
  if (SSL_connect(ssl_.get()) != 1) fail("handshake");
  ::fcntl(socket_, F_SETFL, ::fcntl(socket_, F_GETFL) | O_NONBLOCK);
}

BareClient::~BareClient() { ::close(socket_); }

void BareClient::send(std::string_view bytes) {
  for (;;) {
    ERR_clear_error();
    const int sent = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (sent > 0) return;
    if (SSL_get_error(ssl_.get(), sent) != SSL_ERROR_WANT_WRITE) fail("write");
    pollfd writable{socket_, POLLOUT, 0};
    ::poll(&writable, 1, -1);
  }
}

void BareClient::receive(const std::function<void(std::string_view)>& take) {
  static thread_local std::array<char, 16 * 1024> record;
  do {
    ERR_clear_error();
    const int count = SSL_read(ssl_.get(), record.data(), record.size());
    if (count > 0) {
      take({record.data(), static_cast<std::size_t>(count)});
    } else if (SSL_get_error(ssl_.get(), count) == SSL_ERROR_WANT_READ) {
      return;
    } else {
      fail("read");
    }
  } while (SSL_has_pending(ssl_.get()) == 1);
}

}  // namespace berth::bench
