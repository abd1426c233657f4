// SPDX-License-Identifier: Apache-2.0
#pragma once
// GET /metrics, and nothing else: plain HTTP on loopback, or TLS anywhere. It asks for no credentials.
#include <memory>
#include <optional>
#include <string>

#include "base/metrics.hpp"
#include "base/task.hpp"
#include "base/tls.hpp"

namespace berth::api {

struct MetricsServerOptions {
  std::string listen = "127.0.0.1:7444";
  std::optional<base::PemPair> tls;  // absent: loopback only
  const base::Metrics* metrics = nullptr;
};

class MetricsServer {
 public:
  // Throws Forbidden for plain HTTP off loopback.
  explicit MetricsServer(MetricsServerOptions options);
  // Stopped before, if it was started.
  ~MetricsServer();

  // Listens. Throws as base::listen_tcp. Once, from any thread.
  void start(base::Executor loop);
  std::uint16_t port() const;
  // Cuts every connection. Once, on any loop; nothing happens when it was not started.
  base::Task<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace berth::api
