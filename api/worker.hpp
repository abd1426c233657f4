// SPDX-License-Identifier: Apache-2.0
#pragma once
// The connections of one loop. Everything but welcome() is called on that loop.
#include <memory>
#include <set>

#include "api/connection.hpp"
#include "base/scope.hpp"

namespace berth::api {

// A connection as the listener hands it over, with its place among those that may be open.
struct Arrival {
  base::StreamPtr stream;
  InFlight::Place place;
};

class Worker {
 public:
  // `tls` is nullptr for plain HTTP.
  Worker(base::Executor loop, Services& services, std::shared_ptr<base::TlsContext> tls, base::HttpServerLimits limits);

  // Takes a connection over. From any thread.
  void welcome(Arrival arrival);

  // No new requests: handshakes are cut, idle connections closed, watches ended.
  base::Task<void> begin_drain();
  // Returns when every connection has ended; those that are left at `deadline` are cut.
  base::Task<void> finish_drain(std::chrono::steady_clock::time_point deadline);

  base::Executor loop() const { return loop_; }

 private:
  base::Task<void> shake_hands(std::shared_ptr<Arrival> arrival);
  base::Task<void> cut_at(std::chrono::steady_clock::time_point deadline);
  base::Task<void> serve(std::shared_ptr<Arrival> arrival, std::optional<base::PeerCertificate> certificate);

  base::Executor loop_;
  Services& services_;
  std::shared_ptr<base::TlsContext> tls_;
  base::HttpServerLimits limits_;
  RequestMetrics metrics_;
  std::set<Connection*> connections_;
  bool draining_ = false;
  base::Scope handshakes_;
  base::Scope serving_;
};

}  // namespace berth::api
