// SPDX-License-Identifier: Apache-2.0
// Fills a server with Containers of about 1,060 bytes on the wire, managedFields and all, by server-side apply as
// `berth apply` and Flux do it: `bench_fill --kubeconfig F --count 10000 --prefix o` makes o-0 to o-9999.
#include <CLI/CLI.hpp>

#include "base/scope.hpp"
#include "bench/api_session.hpp"

namespace berth::bench {
namespace {

constexpr int kClients = 32;

struct Load {
  Credentials credentials;
  std::string prefix;
  int count = 10000;
  int next = 0;
  int made = 0;
};

base::Task<void> run_client(Load& load) {
  const auto session = co_await ApiSession::open(load.credentials);
  while (load.next < load.count) {
    const std::string name = load.prefix + "-" + std::to_string(load.next++);
    const base::Json body{
        {"apiVersion", "berth.dev/v1"},
        {"kind", "Container"},
        {"metadata", {{"name", name}, {"labels", {{"app", "bench"}, {"tier", "web"}}}}},
        {"spec", {{"host", "nowhere"}, {"image", "example/busybox:test"}, {"command", {"sleep", "100000"}}}},
    };
    std::string path = "/apis/berth.dev/v1/namespaces/default/containers/" + name + "?fieldManager=bench";
    std::string text = base::to_canonical(body);
    co_await session->send("PATCH", std::move(path), std::move(text));
    ++load.made;
  }
}

base::Task<void> run_all(Load& load) {
  base::Scope scope(co_await base::this_loop(), "clients");
  for (int i = 0; i < kClients; ++i) scope.spawn(run_client(load));
  co_await scope.join();
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  CLI::App app{"many objects"};
  std::string kubeconfig;
  bench::Load load;
  app.add_option("--kubeconfig", kubeconfig)->required();
  app.add_option("--prefix", load.prefix)->required();
  app.add_option("--count", load.count);
  CLI11_PARSE(app, argc, argv);
  load.credentials = bench::read_kubeconfig(kubeconfig);
  base::run(bench::run_all(load));
  std::printf("{\"made\": %d}\n", load.made);
  return load.made == load.count ? 0 : 1;
}
