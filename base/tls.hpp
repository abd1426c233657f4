// SPDX-License-Identifier: Apache-2.0
#pragma once
// TLS over any Stream, through memory BIOs (a fifth of asio::ssl::stream's memory), and the certificates that
// berthd makes for itself. ECDSA P-256 keys, TLS 1.2 and 1.3, AEAD suites.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/stream.hpp"

namespace berth::base {

struct PemPair {
  std::string certificate;  // PEM, the chain
  std::string key;          // PEM, PKCS #8
};

// Subject of a verified client certificate: CN is the user, each O a group.
struct PeerCertificate {
  std::string common_name;
  std::vector<std::string> organizations;
};

class TlsContext {
 public:
  // `client_ca` is PEM, or empty to ask for no client certificate; one that is given must verify.
  static std::shared_ptr<TlsContext> for_server(const PemPair& identity, const std::string& client_ca);
  // `ca` is PEM, or empty for the system's roots; `identity` may be absent.
  static std::shared_ptr<TlsContext> for_client(const std::string& ca, const std::optional<PemPair>& identity);
  // Takes whatever certificate the server shows: for what its owner has declared insecure.
  static std::shared_ptr<TlsContext> for_any_server();
  ~TlsContext();

 private:
  friend class TlsSession;  // the stream behind accept_tls and connect_tls
  TlsContext() = default;
  struct State;
  std::unique_ptr<State> state_;
};

class TlsStream : public Stream {
 public:
  // What the peer proved. Absent when it showed no certificate.
  virtual std::optional<PeerCertificate> peer_certificate() const = 0;
};

// Do the handshake within `limit`. The client checks the server's name against `server_name`.
// Throws Unauthorized with OpenSSL's words when verification fails, ServiceUnavailable when the peer goes away.
Task<std::unique_ptr<TlsStream>> accept_tls(StreamPtr under, std::shared_ptr<TlsContext> context,
                                            std::chrono::steady_clock::duration limit);
Task<std::unique_ptr<TlsStream>> connect_tls(StreamPtr under, std::shared_ptr<TlsContext> context,
                                             std::string server_name, std::chrono::steady_clock::duration limit);

// A self-signed CA, valid ten years.
PemPair make_ca(const std::string& common_name, WallTime now);
struct LeafRequest {
  std::string common_name;
  std::vector<std::string> organizations;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  bool for_server = false;  // else for a client
  std::chrono::hours valid_for{24 * 365};
};
// Throws InternalError with OpenSSL's words. The certificate is back-dated five minutes.
PemPair make_leaf(const PemPair& ca, const LeafRequest& request, WallTime now);
// When a certificate stops being valid; throws BadRequest when it is none.
WallTime certificate_expiry(const std::string& pem);

}  // namespace berth::base
