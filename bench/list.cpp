// SPDX-License-Identifier: Apache-2.0
// LIST of every Container over TLS: `bench_list --kubeconfig F --rounds 20`. Prints one JSON object.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/scope.hpp"
#include "bench/api_session.hpp"

namespace berth::bench {
namespace {

struct Lists {
  std::vector<double> milliseconds;
  std::size_t bytes = 0;
};

base::Task<void> run_lists(Credentials credentials, int rounds, Lists& lists) {
  const auto session = co_await ApiSession::open(std::move(credentials));
  for (int i = 0; i < rounds; ++i) {
    const auto began = std::chrono::steady_clock::now();
    const base::HttpResponse answer = co_await session->send("GET", "/apis/berth.dev/v1/containers");
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    lists.milliseconds.push_back(took.count());
    lists.bytes = answer.body.size();
  }
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  CLI::App app{"lists"};
  std::string kubeconfig;
  int rounds = 20;
  app.add_option("--kubeconfig", kubeconfig)->required();
  app.add_option("--rounds", rounds);
  CLI11_PARSE(app, argc, argv);
  bench::Lists lists;
  base::run(bench::run_lists(bench::read_kubeconfig(kubeconfig), rounds, lists));
  std::printf("{\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"bytes\": %zu}\n", bench::median(lists.milliseconds),
              bench::percentile(lists.milliseconds, 0.99), lists.bytes);
  return 0;
}
