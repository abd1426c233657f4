// SPDX-License-Identifier: Apache-2.0
// Durable creates: `bench_create --kubeconfig F --clients 128 --count 20000 --prefix a`. Connections are open before
// the clock starts. With --server the processor time that process took for them; with --livez each create is followed
// by a GET /livez, the same way through TLS and HTTP with nothing behind it. Prints one JSON object.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/scope.hpp"
#include "bench/api_session.hpp"

namespace berth::bench {
namespace {

struct Load {
  Credentials credentials;
  std::string prefix;
  std::string host = "nowhere";
  int spread = 0;
  int clients = 1;
  int count = 1000;
  int server = 0;  // a process id; 0 for none
  bool livez = false;
  int next = 0;
  std::vector<double> latencies_ms;
  std::vector<double> livez_ms;
  double seconds = 0;
  double server_seconds = 0;
};

// Of the processor, as proc(5) has it: in ticks, the 14th and 15th field, the second being a name in brackets.
double processor_seconds(int process) {
  if (process == 0) return 0;
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string passed;
  for (int field = 3; field < 14; ++field) fields >> passed;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

base::Task<double> timed(ApiSession& session, std::string method, std::string path, std::string body) {
  const auto began = std::chrono::steady_clock::now();
  co_await session.send(std::move(method), std::move(path), std::move(body));
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  co_return took.count();
}

base::Task<void> run_client(ApiSession& session, Load& load) {
  while (load.next < load.count) {
    const int number = load.next++;
    const std::string name = load.prefix + "-" + std::to_string(number);
    std::string body =
        container_body(name, load.spread > 0 ? load.host + std::to_string(number % load.spread) : load.host);
    const double took =
        co_await timed(session, "POST", "/apis/berth.dev/v1/namespaces/default/containers", std::move(body));
    load.latencies_ms.push_back(took);
    if (!load.livez) continue;
    const double round_trip = co_await timed(session, "GET", "/livez", {});
    load.livez_ms.push_back(round_trip);
  }
}

base::Task<void> run_all(Load& load) {
  std::vector<std::unique_ptr<ApiSession>> sessions;
  for (int i = 0; i < load.clients; ++i) {
    auto session = co_await ApiSession::open(load.credentials);
    sessions.push_back(std::move(session));
  }
  const double server_before = processor_seconds(load.server);
  const auto began = std::chrono::steady_clock::now();
  base::Scope scope(co_await base::this_loop(), "clients");
  for (const auto& session : sessions) scope.spawn(run_client(*session, load));
  co_await scope.join();
  load.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  load.server_seconds = processor_seconds(load.server) - server_before;
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
  app.add_option("--spread", load.spread, "on so many hosts in turn, whose names are --host and a number");
  app.add_option("--server", load.server, "process id");
  app.add_flag("--livez", load.livez);
  CLI11_PARSE(app, argc, argv);
  load.credentials = bench::read_kubeconfig(kubeconfig);
  base::run(bench::run_all(load));
  std::printf(
      "{\"creates\": %zu, \"seconds\": %.4f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"livez_p50_ms\": %.3f, "
      "\"server_us\": %.2f}\n",
      load.latencies_ms.size(), load.seconds, bench::median(load.latencies_ms),
      bench::percentile(load.latencies_ms, 0.99), bench::median(load.livez_ms),
      load.server_seconds / static_cast<double>(load.latencies_ms.size()) * 1e6);
  return load.latencies_ms.size() == static_cast<std::size_t>(load.count) ? 0 : 1;
}
