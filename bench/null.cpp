// SPDX-License-Identifier: Apache-2.0
// The limit for reads and watches: a server on the same HTTP and TLS that answers with bytes it has at hand and does
// nothing else. `bench_null --kubeconfig F` writes the file by which the other programs find it, and serves until its
// input ends.
//   GET /bytes?N        N bytes: in one piece up to 64 KiB, else in chunks as LIST sends them
//   GET /watch          a stream that gets what is pushed
//   POST /push          its body and a new line, to every stream, one after the other
#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <list>

#include "base/crypto.hpp"
#include "base/http_server.hpp"
#include "base/json.hpp"
#include "base/scope.hpp"
#include "base/status.hpp"
#include "base/tls.hpp"

namespace berth::bench {
namespace {

constexpr std::size_t kChunk = 64 * 1024 - 8;

class NullServer {
 public:
  NullServer(base::Executor loop, std::shared_ptr<base::TlsContext> tls)
      : loop_(loop), tls_(std::move(tls)), chunk_(kChunk, 'x') {}

  base::Task<void> accept_all(base::Listener& listener) {
    base::Scope scope(loop_, "connections");
    std::exception_ptr ended;
    try {
      for (;;) {
        base::StreamPtr stream = co_await listener.accept();
        scope.spawn(serve(std::move(stream)));
      }
    } catch (...) {
      ended = std::current_exception();
    }
    scope.cancel();
    co_await scope.join();
  }

 private:
  using Connection = base::HttpServerConnection;

  base::Task<void> serve(base::StreamPtr plain) {
    base::StreamPtr stream = co_await base::accept_tls(std::move(plain), tls_, std::chrono::seconds(60));
    Connection http(std::move(stream), {});
    for (auto request = co_await http.read_request(); request; request = co_await http.read_request()) {
      if (request->target.starts_with("/watch")) co_return co_await watch(http);
      co_await answer(http, *request);
    }
  }

  base::Task<void> answer(Connection& http, const base::HttpRequest& request) {
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

  base::Executor loop_;
  std::shared_ptr<base::TlsContext> tls_;
  std::string chunk_;
  std::list<Connection*> watchers_;
};

base::Json data_of(const std::string& pem) { return base::Json(base::to_base64(pem)); }

void write_kubeconfig(const std::string& path, const base::PemPair& ca, std::uint16_t port) {
  const auto now = std::chrono::system_clock::now();
  const base::PemPair client = base::make_leaf(ca, {.common_name = "bench"}, now);
  const base::Json cluster{{"server", "https://127.0.0.1:" + std::to_string(port)},
                           {"certificate-authority-data", data_of(ca.certificate)}};
  const base::Json user{{"client-certificate-data", data_of(client.certificate)},
                        {"client-key-data", data_of(client.key)}};
  const base::Json config{{"clusters", base::JsonArray{base::Json{{"name", "null"}, {"cluster", cluster}}}},
                          {"users", base::JsonArray{base::Json{{"name", "bench"}, {"user", user}}}}};
  std::ofstream(path) << base::to_canonical(config);
}

base::Task<void> run_server(std::string kubeconfig) {
  const base::Executor loop = co_await base::this_loop();
  const auto now = std::chrono::system_clock::now();
  const base::PemPair ca = base::make_ca("bench", now);
  const base::LeafRequest leaf{.common_name = "null", .ip_addresses = {"127.0.0.1"}, .for_server = true};
  const base::PemPair identity = base::make_leaf(ca, leaf, now);
  const auto listener = base::listen_tcp(loop, "127.0.0.1:0");
  write_kubeconfig(kubeconfig, ca, listener->port());
  NullServer server(loop, base::TlsContext::for_server(identity, ca.certificate));
  base::Scope scope(loop, "server");
  scope.spawn(server.accept_all(*listener));
  std::puts("serving");
  std::fflush(stdout);
  const auto wait_for_end = [] { std::cin.get(); };
  co_await base::blocking(wait_for_end);
  scope.cancel();
  co_await scope.join();
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  CLI::App app{"a server that does nothing"};
  std::string kubeconfig;
  app.add_option("--kubeconfig", kubeconfig)->required();
  CLI11_PARSE(app, argc, argv);
  base::run(bench::run_server(kubeconfig));
  return 0;
}
