// SPDX-License-Identifier: Apache-2.0
#include "api/server.hpp"

#include "api/listen_address.hpp"
#include "api/worker.hpp"
#include "base/log.hpp"
#include "base/run_on.hpp"

namespace berth::api {
namespace {

using std::chrono::steady_clock;

TokenTable read_tokens(const std::filesystem::path& path) {
  return path.empty() ? TokenTable() : TokenTable::read(path);
}

std::shared_ptr<base::TlsContext> make_tls(const ServerOptions& options) {
  if (!options.tls) {
    require_loopback(options.listen, "the API");
    return nullptr;
  }
  return base::TlsContext::for_server(options.tls->identity, options.tls->client_ca);
}

}  // namespace

struct Server::State {
  explicit State(ServerOptions given)
      : options(std::move(given)),
        tls(make_tls(options)),
        services{.resources = *options.resources,
                 .metrics = *options.metrics,
                 .clock = *options.clock,
                 .readiness = options.readiness,
                 .tokens = read_tokens(options.token_file),
                 .connections = InFlight(options.max_connections),
                 .reads = InFlight(options.max_reads),
                 .writes = InFlight(options.max_writes),
                 .recheck = options.recheck} {
    base::Metrics& metrics = *options.metrics;
    services.open_connections = metrics.gauge("berth_api_connections", "Connections open.");
    services.watches = metrics.gauge("berth_api_watches", "Watches open.");
    services.watch_encodes =
        metrics.counter("berth_api_watch_encodes_total", "Tables and metadata made for watch events.");
    services.list_bytes_copied =
        metrics.counter("berth_api_list_bytes_copied_total", "Bytes of lists copied to be written.");
    services.secrets_opened = metrics.counter("berth_api_secrets_opened_total",
                                              "Objects of lists and watches whose secrets were opened to be written.");
    services.connections_refused =
        metrics.counter("berth_api_connections_refused_total", "Connections past the limit.");
    services.accept_failures = metrics.counter("berth_api_accept_failures_total",
                                               "Errors while accepting connections; the server waits and goes on.");
  }

  base::Task<void> accept_all() {
    for (std::size_t next = 0;; next = (next + 1) % workers.size()) {
      base::StreamPtr stream = co_await listener->accept_for(workers[next]->loop());
      auto place = services.connections.enter();
      if (place) {
        workers[next]->welcome({std::move(stream), std::move(*place)});
      } else {
        services.connections_refused.increment();
      }
    }
  }

  base::Task<void> stop_accepting() {
    listener->close();
    accepting->cancel();
    co_await accepting->join();
  }

  ServerOptions options;
  std::shared_ptr<base::TlsContext> tls;
  Services services;
  std::unique_ptr<base::Listener> listener;
  std::vector<std::unique_ptr<Worker>> workers;
  std::unique_ptr<base::Scope> accepting;
};

Server::Server(ServerOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Server::~Server() = default;

void Server::start(std::vector<base::Executor> loops) {
  State& state = *state_;
  state.listener = base::listen_tcp(loops.front(), state.options.listen);
  state.listener->on_failure([&state] { state.services.accept_failures.increment(); });
  const std::string& listen = state.options.listen;
  state.services.address = listen.substr(0, listen.rfind(':') + 1) + std::to_string(port());
  for (const base::Executor& loop : loops) {
    state.workers.push_back(std::make_unique<Worker>(loop, state.services, state.tls, state.options.limits));
  }
  state.accepting = std::make_unique<base::Scope>(loops.front(), "api accept");
  state.accepting->spawn_from_anywhere([&state] { return state.accept_all(); });
  base::log_info("the API listens", {{"address", state.services.address}, {"tls", state.tls ? "true" : "false"}});
}

std::uint16_t Server::port() const { return state_->listener->port(); }

base::Task<void> Server::drain(steady_clock::duration limit) {
  State& state = *state_;
  if (!state.accepting) co_return;
  const auto deadline = steady_clock::now() + limit;
  state.services.draining = true;
  co_await base::run_on(state.accepting->loop(), state.stop_accepting());
  for (const auto& worker : state.workers) co_await base::run_on(worker->loop(), worker->begin_drain());
  for (const auto& worker : state.workers) co_await base::run_on(worker->loop(), worker->finish_drain(deadline));
}

}  // namespace berth::api
