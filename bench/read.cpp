// SPDX-License-Identifier: Apache-2.0
// One GET over TLS, again and again on a kept connection: `bench_read --kubeconfig F --path P --rounds 20`, with
// --accept and --gzip as kubectl asks, --pages N to read the whole list in pages, --from-start to wait for a server
// that is just starting. Prints one JSON object.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/scope.hpp"
#include "base/status.hpp"
#include "bench/api_session.hpp"

namespace berth::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Reads {
  Credentials credentials;
  std::string path;
  std::string accept = "application/json";
  bool gzip = false;
  bool from_start = false;
  int pages = 0;  // objects in one; 0: no pages
  int rounds = 20;
  std::vector<double> milliseconds;
  std::size_t bytes = 0;  // of the last round, as they came
  std::string head;       // of the last answer's body
  Clock::time_point ended;
};

// Read and let go, as a client that decodes on the way does: the memory for a whole body would be what is measured.
base::Task<void> read_once(ApiSession& session, Reads& reads, std::string target) {
  base::HttpRequest request;
  request.target = std::move(target);
  request.headers.add("Host", "berthd");
  request.headers.add("Accept", reads.accept);
  if (reads.gzip) request.headers.add("Accept-Encoding", "gzip");
  const base::HttpResponse answer = co_await session.connection().send_for_stream(request);
  if (answer.status != 200) throw base::internal_error(request.target + ": " + std::to_string(answer.status));
  reads.head.clear();
  for (std::string piece = co_await session.connection().read_body(); !piece.empty();) {
    reads.bytes += piece.size();
    if (reads.head.empty()) reads.head = piece.substr(0, 512);
    piece = co_await session.connection().read_body();
  }
}

// What stands between `"continue":"` and the next quote.
std::string continue_token(const std::string& head) {
  constexpr std::string_view kKey = R"("continue":")";
  const auto at = head.find(kKey);
  if (at == std::string::npos) throw base::internal_error("no list: " + head);
  const auto begin = at + kKey.size();
  return head.substr(begin, head.find('"', begin) - begin);
}

base::Task<void> read_pages(ApiSession& session, Reads& reads) {
  const std::string first = reads.path + "?limit=" + std::to_string(reads.pages);
  std::string target = first;
  while (!target.empty()) {
    co_await read_once(session, reads, target);
    const std::string token = continue_token(reads.head);
    target = token.empty() ? "" : first + "&continue=" + base::percent_encode(token);
  }
}

// nullptr while nobody listens.
base::Task<std::unique_ptr<ApiSession>> try_open(Credentials credentials) {
  try {
    co_return co_await ApiSession::open(std::move(credentials));
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::ServiceUnavailable) throw;
  }
  co_return nullptr;
}

base::Task<void> run_reads(Reads& reads) {
  auto session = co_await try_open(reads.credentials);
  while (!session && reads.from_start) {
    co_await base::sleep_for(std::chrono::milliseconds(1));
    session = co_await try_open(reads.credentials);
  }
  if (!session) throw base::unavailable("nobody listens", std::chrono::seconds(1));
  for (int i = 0; i < reads.rounds; ++i) {
    reads.bytes = 0;
    const auto began = Clock::now();
    if (reads.pages > 0) {
      co_await read_pages(*session, reads);
    } else {
      co_await read_once(*session, reads, reads.path);
    }
    reads.ended = Clock::now();
    reads.milliseconds.push_back(std::chrono::duration<double, std::milli>(reads.ended - began).count());
  }
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  CLI::App app{"reads"};
  std::string kubeconfig;
  bench::Reads reads;
  app.add_option("--kubeconfig", kubeconfig)->required();
  app.add_option("--path", reads.path)->required();
  app.add_option("--accept", reads.accept);
  app.add_flag("--gzip", reads.gzip);
  app.add_flag("--from-start", reads.from_start);
  app.add_option("--pages", reads.pages);
  app.add_option("--rounds", reads.rounds);
  CLI11_PARSE(app, argc, argv);
  reads.credentials = bench::read_kubeconfig(kubeconfig);
  base::run(bench::run_reads(reads));
  std::printf("{\"p50_ms\": %.4f, \"p99_ms\": %.4f, \"bytes\": %zu, \"ended\": %.6f}\n",
              bench::median(reads.milliseconds), bench::percentile(reads.milliseconds, 0.99), reads.bytes,
              std::chrono::duration<double>(reads.ended.time_since_epoch()).count());
  return 0;
}
