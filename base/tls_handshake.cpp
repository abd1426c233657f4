// SPDX-License-Identifier: Apache-2.0
// Opening a TLS session, and what the peer proved.
#include <boost/asio/ip/address.hpp>

#include "base/status.hpp"
#include "base/tls_session.hpp"

namespace berth::base {
namespace {

// The peer refused our certificate, or wants one, and said so by an alert.
bool is_certificate_alert(unsigned long code) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return false;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

Status handshake_failure(SSL* ssl) {
  const bool refused = is_certificate_alert(ERR_peek_error());
  const std::string words = openssl_words();
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) {
    return {Reason::Unauthorized,
            std::string("TLS: certificate verify failed: ") + X509_verify_cert_error_string(verified)};
  }
  return {refused ? Reason::Unauthorized : Reason::ServiceUnavailable, "TLS: " + words};
}

void expect_name(SSL* ssl, const std::string& name) {
  ERR_clear_error();
  boost::system::error_code code;
  asio::ip::make_address(name, code);
  bool set = false;
  if (!code) {
    set = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
  } else {
    // As Go does: the subject's common name is no host name.
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    set = !name.empty() && SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
  }
  if (!set) throw bad_request("TLS: \"" + name + "\" is no server name");
}

std::string text_of(const X509_NAME_ENTRY* entry) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(entry));
  if (size < 0) {
    ERR_clear_error();
    return {};
  }
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return text;
}

}  // namespace

Task<void> TlsSession::accept(std::chrono::steady_clock::duration limit) {
  SSL_set_accept_state(ssl_.get());
  co_await handshake(limit);
}

Task<void> TlsSession::connect(std::string server_name, std::chrono::steady_clock::duration limit) {
  expect_name(ssl_.get(), server_name);
  SSL_set_connect_state(ssl_.get());
  co_await handshake(limit);
}

Task<void> TlsSession::handshake(std::chrono::steady_clock::duration limit) {
  under_->expires_after(limit);
  std::optional<Status> failure;
  for (bool done = false; !done && !failure;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    done = result == 1;
    if (!done && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) failure = handshake_failure(ssl_.get());
    keep_unread();
    // After a failure this is the alert that tells the peer why.
    try {
      co_await flush();
    } catch (const Status&) {
      if (!failure) throw;
    }
    if (done || failure) continue;
    unread_ = co_await under_->read_view();
    if (unread_.empty()) failure = Status(Reason::ServiceUnavailable, "TLS: connection closed during the handshake");
  }
  if (failure) throw *failure;
  under_->expires_never();
}

std::optional<PeerCertificate> TlsSession::peer_certificate() const {
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr || SSL_get_verify_result(ssl_.get()) != X509_V_OK) return std::nullopt;
  PeerCertificate peer;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  for (int i = 0; i < X509_NAME_entry_count(subject); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(subject, i);
    const int kind = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    if (kind == NID_commonName) peer.common_name = text_of(entry);
    if (kind == NID_organizationName) peer.organizations.push_back(text_of(entry));
  }
  return peer;
}

Task<std::unique_ptr<TlsStream>> accept_tls(StreamPtr under, std::shared_ptr<TlsContext> context,
                                            std::chrono::steady_clock::duration limit) {
  auto session = std::make_unique<TlsSession>(co_await this_loop(), std::move(under), std::move(context));
  co_await session->accept(limit);
  co_return session;
}

Task<std::unique_ptr<TlsStream>> connect_tls(StreamPtr under, std::shared_ptr<TlsContext> context,
                                             std::string server_name, std::chrono::steady_clock::duration limit) {
  auto session = std::make_unique<TlsSession>(co_await this_loop(), std::move(under), std::move(context));
  co_await session->connect(std::move(server_name), limit);
  co_return session;
}

}  // namespace berth::base
