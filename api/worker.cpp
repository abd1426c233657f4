// SPDX-License-Identifier: Apache-2.0
#include "api/worker.hpp"

#include "base/log.hpp"

namespace berth::api {
namespace {

constexpr auto kHandshakeLimit = std::chrono::seconds(10);

}  // namespace

Worker::Worker(base::Executor loop, Services& services, std::shared_ptr<base::TlsContext> tls,
               base::HttpServerLimits limits)
    : loop_(loop),
      services_(services),
      tls_(std::move(tls)),
      limits_(limits),
      metrics_(services.metrics),
      handshakes_(loop, "api handshakes"),
      serving_(loop, "api connections") {}

void Worker::welcome(Arrival arrival) {
  // Shared, because the hand-over must be copyable.
  auto shared = std::make_shared<Arrival>(std::move(arrival));
  handshakes_.spawn_from_anywhere([this, shared] { return shake_hands(shared); });
}

base::Task<void> Worker::shake_hands(std::shared_ptr<Arrival> arrival) {
  std::optional<base::PeerCertificate> certificate;
  if (tls_ != nullptr) {
    const std::string peer = arrival->stream->peer();
    try {
      auto secured = co_await base::accept_tls(std::move(arrival->stream), tls_, kHandshakeLimit);
      certificate = secured->peer_certificate();
      arrival->stream = std::move(secured);
    } catch (const base::Status& status) {
      base::log_info("TLS handshake failed", {{"peer", peer}, {"error", status.what()}});
      co_return;
    }
  }
  serving_.spawn(serve(std::move(arrival), std::move(certificate)));
}

base::Task<void> Worker::serve(std::shared_ptr<Arrival> arrival, std::optional<base::PeerCertificate> certificate) {
  Connection connection(services_, metrics_, loop_, std::move(arrival->stream), std::move(certificate), limits_);
  connections_.insert(&connection);
  services_.open_connections.add(1);
  if (draining_) connection.drain();
  co_await connection.serve();
  services_.open_connections.add(-1);
  connections_.erase(&connection);
}

base::Task<void> Worker::begin_drain() {
  draining_ = true;
  handshakes_.cancel();
  for (Connection* connection : connections_) connection->drain();
  co_return;
}

base::Task<void> Worker::finish_drain(std::chrono::steady_clock::time_point deadline) {
  co_await handshakes_.join();
  base::Scope cutting(loop_, "api drain");
  cutting.spawn(cut_at(deadline));
  co_await serving_.join();
  cutting.cancel();
  co_await cutting.join();
}

base::Task<void> Worker::cut_at(std::chrono::steady_clock::time_point deadline) {
  co_await base::sleep_for(deadline - std::chrono::steady_clock::now());
  base::log_warning("connections are cut at the end of the drain",
                    {{"connections", std::to_string(connections_.size())}});
  // A write that waits for a slow peer does not hear the cancel.
  for (Connection* connection : connections_) connection->close();
  serving_.cancel();
}

}  // namespace berth::api
