// SPDX-License-Identifier: Apache-2.0
#pragma once
// One client's connection: reads requests, finds out who asks and whether they may, leads them to their handlers
// and answers. It stays on its loop.
#include <optional>

#include "api/impersonation.hpp"
#include "api/request_metrics.hpp"
#include "api/routes.hpp"
#include "base/tls.hpp"

namespace berth::api {

class Connection {
 public:
  // `certificate` is what the client proved in the TLS handshake.
  Connection(Services& services, RequestMetrics& metrics, base::Executor loop, base::StreamPtr stream,
             std::optional<base::PeerCertificate> certificate, const base::HttpServerLimits& limits);

  // Until the client goes away, an error ends it, or drain() and the request at hand is answered.
  base::Task<void> serve();
  // Ends after the request at hand; a watch is ended cleanly.
  void drain();
  // Ends now.
  void close() { http_.close(); }

 private:
  base::Task<void> serve_requests();
  base::Task<void> handle(base::HttpRequest request);
  base::Task<void> dispatch(Exchange& exchange);
  base::Task<void> run_handler(Exchange& exchange, const Route& route);
  void admit(Exchange& exchange);
  std::optional<RefusedRight> refused(const Exchange& exchange, resources::Caller& caller) const;
  std::optional<base::Status> refused_now(const Exchange& exchange) const;
  resources::Caller known_caller(const base::HttpRequest& request) const;
  base::Task<void> note_denial(const Exchange& exchange, const base::Status& refused);
  resources::Caller identify(const base::HttpRequest& request) const;
  base::Task<void> answer_failure(Exchange& exchange, const base::Status& status);
  base::Task<void> answer_unread(const base::Status& status);
  void record(const Exchange& exchange, std::chrono::steady_clock::duration took);

  Services& services_;
  RequestMetrics& metrics_;
  const std::string peer_;
  const std::optional<base::PeerCertificate> certificate_;
  base::HttpServerConnection http_;
  base::Signal stopping_;
};

}  // namespace berth::api
