// SPDX-License-Identifier: Apache-2.0
#include "bench/peer_server.hpp"

#include <cstdio>
#include <fstream>
#include <iostream>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/scope.hpp"
#include "base/status.hpp"
#include "base/tls.hpp"

namespace berth::bench {
namespace {

struct Peer {
  std::shared_ptr<base::TlsContext> tls;
  Answer answer;
};

base::Task<void> serve(Peer& peer, base::StreamPtr plain) {
  base::StreamPtr stream = co_await base::accept_tls(std::move(plain), peer.tls, std::chrono::seconds(60));
  base::HttpServerConnection http(std::move(stream), {});
  for (auto request = co_await http.read_request(); request; request = co_await http.read_request()) {
    co_await peer.answer(http, *request);
  }
}

base::Task<void> accept_all(Peer& peer, base::Listener& listener) {
  base::Scope scope(co_await base::this_loop(), "connections");
  std::exception_ptr ended;
  try {
    for (;;) {
      base::StreamPtr stream = co_await listener.accept();
      scope.spawn(serve(peer, std::move(stream)));
    }
  } catch (...) {
    ended = std::current_exception();
  }
  scope.cancel();
  co_await scope.join();
}

base::Json data_of(const std::string& pem) { return base::Json(base::to_base64(pem)); }

void write_kubeconfig(const std::string& path, const base::PemPair& ca, std::uint16_t port) {
  const auto now = std::chrono::system_clock::now();
  const base::PemPair client = base::make_leaf(ca, {.common_name = "bench"}, now);
  const base::Json cluster{{"server", "https://127.0.0.1:" + std::to_string(port)},
                           {"certificate-authority-data", data_of(ca.certificate)}};
  const base::Json user{{"client-certificate-data", data_of(client.certificate)},
                        {"client-key-data", data_of(client.key)}};
  const base::Json config{{"clusters", base::JsonArray{base::Json{{"name", "peer"}, {"cluster", cluster}}}},
                          {"users", base::JsonArray{base::Json{{"name", "bench"}, {"user", user}}}}};
  std::ofstream(path) << base::to_canonical(config);
}

}  // namespace

base::Task<void> run_peer_server(std::string kubeconfig, Answer answer) {
  const base::Executor loop = co_await base::this_loop();
  const auto now = std::chrono::system_clock::now();
  const base::PemPair ca = base::make_ca("bench", now);
  const base::LeafRequest leaf{.common_name = "peer", .ip_addresses = {"127.0.0.1"}, .for_server = true};
  const base::PemPair identity = base::make_leaf(ca, leaf, now);
  const auto listener = base::listen_tcp(loop, "127.0.0.1:0");
  write_kubeconfig(kubeconfig, ca, listener->port());
  Peer peer{base::TlsContext::for_server(identity, ca.certificate), std::move(answer)};
  base::Scope scope(loop, "server");
  scope.spawn(accept_all(peer, *listener));
  std::puts("serving");
  std::fflush(stdout);
  const auto wait_for_end = [] { std::cin.get(); };
  co_await base::blocking(wait_for_end);
  scope.cancel();
  co_await scope.join();
}

}  // namespace berth::bench
