// SPDX-License-Identifier: Apache-2.0
#include "api/metrics_server.hpp"

#include "api/in_flight.hpp"
#include "api/listen_address.hpp"
#include "base/http_server.hpp"
#include "base/log.hpp"
#include "base/run_on.hpp"
#include "base/scope.hpp"
#include "base/status.hpp"

namespace berth::api {
namespace {

constexpr auto kHandshakeLimit = std::chrono::seconds(10);
constexpr std::size_t kMaxConnections = 64;

base::HttpServerLimits scrape_limits() {
  base::HttpServerLimits limits;
  limits.max_header_bytes = 16 * 1024;
  limits.max_body_bytes = 0;
  return limits;
}

base::HttpResponse text_response(int status, std::string_view type, std::string body) {
  base::HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", std::string(type));
  response.body = std::move(body);
  return response;
}

base::HttpResponse answer(const base::Metrics& metrics, const base::HttpRequest& request) {
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  if (path != "/metrics") return text_response(404, "text/plain", "only /metrics is here\n");
  if (request.method != "GET" && request.method != "HEAD")
    return text_response(405, "text/plain", "only GET is served\n");
  return text_response(200, base::Metrics::kContentType, metrics.expose());
}

}  // namespace

struct MetricsServer::State {
  explicit State(MetricsServerOptions given) : options(std::move(given)) {
    if (options.tls)
      tls = base::TlsContext::for_server(*options.tls, "");
    else
      require_loopback(options.listen, "--metrics-listen");
  }

  base::Task<void> accept_all() {
    while (true) {
      base::StreamPtr stream = co_await listener->accept();
      auto place = connections.enter();
      if (place) scope->spawn(serve(std::move(stream), std::move(*place)));
    }
  }

  base::Task<void> serve(base::StreamPtr stream, InFlight::Place place) {
    const InFlight::Place held = std::move(place);
    try {
      if (tls) stream = co_await base::accept_tls(std::move(stream), tls, kHandshakeLimit);
      base::HttpServerConnection http(std::move(stream), scrape_limits());
      while (http.keep_alive()) {
        const auto request = co_await http.read_request();
        if (!request) break;
        const base::HttpResponse response = answer(*options.metrics, *request);
        co_await http.respond(response);
      }
    } catch (const base::Status& status) {
      base::log_debug("a metrics connection broke off", {{"error", status.what()}});
    }
  }

  base::Task<void> stop() {
    listener->close();
    scope->cancel();
    co_await scope->join();
  }

  MetricsServerOptions options;
  std::shared_ptr<base::TlsContext> tls;
  InFlight connections{kMaxConnections};
  std::unique_ptr<base::Listener> listener;
  std::unique_ptr<base::Scope> scope;
};

MetricsServer::MetricsServer(MetricsServerOptions options) : state_(std::make_unique<State>(std::move(options))) {}
MetricsServer::~MetricsServer() = default;

void MetricsServer::start(base::Executor loop) {
  State& state = *state_;
  state.listener = base::listen_tcp(loop, state.options.listen);
  state.scope = std::make_unique<base::Scope>(loop, "metrics server");
  state.scope->spawn_from_anywhere([&state] { return state.accept_all(); });
}

std::uint16_t MetricsServer::port() const { return state_->listener->port(); }

base::Task<void> MetricsServer::stop() {
  if (!state_->scope) co_return;
  const base::Executor loop = state_->scope->loop();
  co_await base::run_on(loop, state_->stop());
}

}  // namespace berth::api
