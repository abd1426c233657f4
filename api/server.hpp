// SPDX-License-Identifier: Apache-2.0
#pragma once
// The API server: HTTPS in front of resources. Connections are accepted on the first loop and live on one of the
// loops each. Metrics: berth_api_*.
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/health.hpp"
#include "base/clock.hpp"
#include "base/http_server.hpp"
#include "base/metrics.hpp"
#include "base/tls.hpp"
#include "resources/resources.hpp"

namespace berth::api {

struct ServerTls {
  base::PemPair identity;
  std::string client_ca;  // PEM; client certificates are verified against it
};

struct ServerOptions {
  std::string listen = "127.0.0.1:7443";
  std::optional<ServerTls> tls;      // absent: plain HTTP, on loopback only
  std::filesystem::path token_file;  // kube-apiserver's --token-auth-file; empty for none
  base::HttpServerLimits limits;
  std::size_t max_connections = 12'000;  // further ones are closed at once; berthd raises the descriptor limit
  std::size_t max_reads = 400;           // in flight; then 429. Watches and health checks do not count
  std::size_t max_writes = 200;
  std::chrono::steady_clock::duration recheck = std::chrono::seconds(30);  // of what an open watch's caller may
  resources::Resources* resources = nullptr;
  base::Metrics* metrics = nullptr;
  base::Clock* clock = nullptr;
  // The checks behind /readyz and /healthz. Called from every loop.
  std::function<HealthReport()> readiness;
};

class Server {
 public:
  // Reads the token file and the certificates. Throws Forbidden for plain HTTP off loopback, NotFound or BadRequest
  // for the token file, InternalError for certificates that are none.
  explicit Server(ServerOptions options);
  // Drained before, if it was started.
  ~Server();

  // Listens. Throws as base::listen_tcp. Once, from any thread; the loops outlive the server's drain.
  void start(std::vector<base::Executor> loops);
  std::uint16_t port() const;

  // Stops accepting, ends watches, finishes what is in flight, and returns when every connection has ended; those
  // left after `limit` are cut. Once, on any loop; nothing happens when it was not started.
  base::Task<void> drain(std::chrono::steady_clock::duration limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace berth::api
