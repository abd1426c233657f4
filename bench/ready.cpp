// SPDX-License-Identifier: Apache-2.0
// Apply-to-Ready beside a bare create and start over the engine's socket, interleaved: A B A B. Both end when the
// container runs. `bench_ready --kubeconfig F --socket S --rounds 20`. Prints one JSON object.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/scope.hpp"
#include "base/status.hpp"
#include "bench/api_session.hpp"
#include "docker/client.hpp"

namespace berth::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kContainers = "/apis/berth.dev/v1/namespaces/default/containers";

double since_ms(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

// Reads frames of an open watch until one says Ready=True at its own generation.
base::Task<void> read_until_ready(base::HttpClientConnection& watch, std::string& rest) {
  for (;;) {
    for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
      const base::Json frame = base::parse_json(std::string_view(rest).substr(0, end));
      rest.erase(0, end + 1);
      const base::Json& object = frame.at("object");
      const base::Json* conditions = base::find_path(object, "status.conditions");
      if (conditions == nullptr) continue;
      for (const base::Json& condition : conditions->get_array()) {
        if (base::string_at(condition, "type") == "Ready" && base::string_at(condition, "status") == "True" &&
            base::int_at(object, "status.observedGeneration") == base::int_at(object, "metadata.generation")) {
          co_return;
        }
      }
    }
    const std::string piece = co_await watch.read_body();
    if (piece.empty()) throw base::unavailable("the watch ended", std::chrono::seconds(1));
    rest += piece;
  }
}

base::Task<double> apply_to_ready(Credentials credentials, std::string name) {
  const auto writer = co_await ApiSession::open(credentials);
  const auto reader = co_await ApiSession::open(credentials);
  base::HttpRequest request;
  request.target = std::string(kContainers) + "?watch=true&fieldSelector=metadata.name%3D" + name;
  request.headers.add("Host", "berthd");
  const base::HttpResponse head = co_await reader->connection().send_for_stream(request);
  if (head.status != 200) throw base::internal_error("watch: " + std::to_string(head.status));
  std::string rest;
  const auto began = Clock::now();
  co_await writer->send("POST", std::string(kContainers), container_body(name, "local"));
  co_await read_until_ready(reader->connection(), rest);
  co_return since_ms(began);
}

base::Task<double> create_and_start(docker::Client& engine, std::string name) {
  const base::Json body{{"Image", "busybox:test"}, {"Entrypoint", {"sleep", "100000"}}, {"StopTimeout", 1}};
  const auto began = Clock::now();
  const docker::CreateResult created = co_await engine.create_container(name, body, "");
  co_await engine.start_container(created.id);
  const double took = since_ms(began);
  co_await engine.remove_container(created.id, docker::Client::RemoveMode::Force,
                                   docker::Client::AnonymousVolumes::Remove);
  co_return took;
}

struct Figures {
  std::vector<double> ready;
  std::vector<double> bare;
  std::vector<double> overhead;
};

base::Task<void> delete_and_wait(Credentials credentials, docker::Client& engine, std::string name) {
  const auto session = co_await ApiSession::open(std::move(credentials));
  co_await session->send("DELETE", std::string(kContainers) + "/" + name);
  for (;;) {
    try {
      co_await engine.inspect_container(name);
    } catch (const base::Status& status) {
      if (status.reason() == base::Reason::NotFound) co_return;
      throw;
    }
    co_await base::sleep_for(std::chrono::milliseconds(20));
  }
}

base::Task<void> run_rounds(Credentials credentials, std::string socket, int rounds, Figures& figures) {
  base::Metrics metrics;
  const auto engine = docker::Client::make(docker::unix_connector(socket), "bare", metrics);
  for (int i = 0; i < rounds; ++i) {
    const std::string number = std::to_string(i);
    figures.bare.push_back(co_await create_and_start(*engine, "bench-bare-" + number));
    figures.ready.push_back(co_await apply_to_ready(credentials, "bench-" + number));
    figures.overhead.push_back(figures.ready.back() - figures.bare.back());
    co_await delete_and_wait(credentials, *engine, "bench-" + number);
  }
  engine->close();
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  CLI::App app{"apply to Ready"};
  std::string kubeconfig;
  std::string socket;
  int rounds = 20;
  app.add_option("--kubeconfig", kubeconfig)->required();
  app.add_option("--socket", socket)->required();
  app.add_option("--rounds", rounds);
  CLI11_PARSE(app, argc, argv);
  bench::Figures figures;
  base::run(bench::run_rounds(bench::read_kubeconfig(kubeconfig), socket, rounds, figures));
  std::printf("{\"ready_p50_ms\": %.2f, \"bare_p50_ms\": %.2f, \"overhead_p50_ms\": %.2f, \"overhead_p90_ms\": %.2f}\n",
              bench::median(figures.ready), bench::median(figures.bare), bench::median(figures.overhead),
              bench::percentile(figures.overhead, 0.9));
  return 0;
}
