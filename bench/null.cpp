// SPDX-License-Identifier: Apache-2.0
// The limit for reads and watches: a server on the same HTTP and TLS that answers with bytes it has at hand and does
// nothing else. `bench_null --kubeconfig F` writes the file by which the other programs find it, and serves until its
// input ends.
//   GET /bytes?N        N bytes: in one piece up to 64 KiB, else in chunks as LIST sends them
//   GET /watch          a stream that gets what is pushed
//   POST /push          its body and a new line, to every stream, one after the other
#include <CLI/CLI.hpp>
#include <charconv>
#include <list>

#include "base/scope.hpp"
#include "bench/peer_server.hpp"

namespace berth::bench {
namespace {

constexpr std::size_t kChunk = 64 * 1024 - 8;

class NullServer {
 public:
  NullServer() : chunk_(kChunk, 'x') {}

  using Connection = base::HttpServerConnection;

  base::Task<void> answer(Connection& http, const base::HttpRequest& request) {
    if (request.target.starts_with("/watch")) co_return co_await watch(http);
    base::HttpResponse response;
    if (request.method == "POST") {
      co_await push(request.body + "\n");
      co_return co_await http.respond(response);
    }
    std::size_t size = 0;
    const char* const end = request.target.data() + request.target.size();
    std::from_chars(request.target.data() + request.target.find('?') + 1, end, size);
    if (size <= kChunk) {
      const base::asio::const_buffer body(chunk_.data(), size);
      co_return co_await http.respond(response, std::span(&body, 1));
    }
    co_await http.begin_chunked(response);
    for (; size > 0; size -= std::min(size, kChunk)) {
      co_await http.write_chunk(std::string_view(chunk_).substr(0, std::min(size, kChunk)));
    }
    co_await http.end_chunked();
  }

 private:
  base::Task<void> watch(Connection& http) {
    const base::HttpResponse head;
    co_await http.begin_chunked(head);
    const auto place = watchers_.insert(watchers_.end(), &http);
    co_await http.wait_for_hangup();
    watchers_.erase(place);
  }

  base::Task<void> push(std::string bytes) {
    for (Connection* http : watchers_) co_await http->write_chunk(bytes);
  }

  std::string chunk_;
  std::list<Connection*> watchers_;
};

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  CLI::App app{"a server that does nothing"};
  std::string kubeconfig;
  app.add_option("--kubeconfig", kubeconfig)->required();
  CLI11_PARSE(app, argc, argv);
  bench::NullServer server;
  const bench::Answer answer = [&server](base::HttpServerConnection& http, const base::HttpRequest& request) {
    return server.answer(http, request);
  };
  base::run(bench::run_peer_server(kubeconfig, answer));
  return 0;
}
