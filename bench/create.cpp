// SPDX-License-Identifier: Apache-2.0
// Durable creates: `bench_create --kubeconfig F --clients 128 --count 20000 --prefix a`. Prints one JSON object.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/scope.hpp"
#include "bench/api_session.hpp"

namespace berth::bench {
namespace {

struct Load {
  Credentials credentials;
  std::string prefix;
  std::string host = "nowhere";
  int clients = 1;
  int count = 1000;
  int next = 0;
  std::vector<double> latencies_ms;
};

base::Task<void> run_client(Load& load) {
  const auto session = co_await ApiSession::open(load.credentials);
  while (load.next < load.count) {
    const std::string name = load.prefix + "-" + std::to_string(load.next++);
    std::string body = container_body(name, load.host);
    const auto began = std::chrono::steady_clock::now();
    co_await session->send("POST", "/apis/berth.dev/v1/namespaces/default/containers", std::move(body));
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    load.latencies_ms.push_back(took.count());
  }
}

base::Task<void> run_all(Load& load) {
  base::Scope scope(co_await base::this_loop(), "clients");
  for (int i = 0; i < load.clients; ++i) scope.spawn(run_client(load));
  co_await scope.join();
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  CLI::App app{"durable creates"};
  std::string kubeconfig;
  bench::Load load;
  app.add_option("--kubeconfig", kubeconfig)->required();
  app.add_option("--clients", load.clients);
  app.add_option("--count", load.count);
  app.add_option("--prefix", load.prefix)->required();
  app.add_option("--host", load.host);
  CLI11_PARSE(app, argc, argv);
  load.credentials = bench::read_kubeconfig(kubeconfig);
  const auto began = std::chrono::steady_clock::now();
  base::run(bench::run_all(load));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("{\"creates\": %zu, \"seconds\": %.4f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", load.latencies_ms.size(),
              took.count(), bench::median(load.latencies_ms), bench::percentile(load.latencies_ms, 0.99));
  return load.latencies_ms.size() == static_cast<std::size_t>(load.count) ? 0 : 1;
}
