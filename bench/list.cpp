// SPDX-License-Identifier: Apache-2.0
// LIST of every Container over TLS: `bench_list --kubeconfig F --rounds 20`. Prints one JSON object.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/scope.hpp"
#include "base/status.hpp"
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
    base::HttpRequest request;
    request.target = "/apis/berth.dev/v1/containers";
    request.headers.add("Host", "berthd");
    const auto began = std::chrono::steady_clock::now();
    // Read and let go, as a client that decodes on the way does: the memory for a whole body would be what is measured.
    const base::HttpResponse head = co_await session->connection().send_for_stream(request);
    if (head.status != 200) throw base::internal_error("list: " + std::to_string(head.status));
    std::size_t bytes = 0;
    for (std::string piece = co_await session->connection().read_body(); !piece.empty();) {
      bytes += piece.size();
      piece = co_await session->connection().read_body();
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    lists.milliseconds.push_back(took.count());
    lists.bytes = bytes;
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
