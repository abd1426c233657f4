// SPDX-License-Identifier: Apache-2.0
// The Engine API over SSH, in turn with four others: by the engine's own socket, by that socket at the end of a link
// that is as long and without SSH, and by a socket that the system's ssh forwards. And a stream of 256 MiB through a
// channel of ours beside one that the system's ssh forwards. `bench_ssh --socket S --ssh-port P --user U --key F
// --host-key F --dir D --delay-ms 10`. The link is lengthened by a proxy; the first line names its port. Then it waits
// for a line on standard input, which says that OpenSSH forwards D/near.sock to D/far.sock, and D/engine.sock to S, by
// that port. After the calls it says "cut" and waits for another line, before which the server has broken every
// connection. The last line is JSON.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>

#include "bench/api_session.hpp"
#include "bench/delay_proxy.hpp"
#include "docker/client.hpp"
#include "docker/ssh_connector.hpp"
#include "docker/tcp_connector.hpp"

namespace berth::bench {
namespace {

using base::Json;
using Clock = std::chrono::steady_clock;
using Figures = std::map<std::string, std::vector<double>>;  // milliseconds by what was done

constexpr std::size_t kBulk = 256 * 1024 * 1024;
constexpr int kContainers = 20;
constexpr int kTogether = 16;

struct Order {
  std::string socket;
  int ssh_port = 0;
  std::string user;
  std::string key;
  std::string host_key;
  std::string dir;
  int delay_ms = 0;
  int rounds = 100;
  int starts = 8;
  std::chrono::milliseconds delay() const { return std::chrono::milliseconds(delay_ms); }
};

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

double since_ms(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

double cpu_ms() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

void wait_for_line() {
  std::string line;
  if (!std::getline(std::cin, line)) throw std::runtime_error("the standard input ended");
}

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

docker::SshTarget target_of(const Order& order, std::uint16_t port) {
  docker::SshServer server;
  server.address = "127.0.0.1";
  server.port = port;
  server.user = order.user;
  const std::string pinned = text_of(order.host_key);
  server.host_keys = {docker::host_key_from_line(pinned.substr(0, pinned.find('\n')))};
  server.identity = [path = order.key] {
    docker::SshIdentity identity;
    identity.private_key = docker::WipedString(text_of(path));
    return identity;
  };
  docker::SshTarget target;
  target.chain = {{server}, {"bench"}};
  target.engine_socket = order.socket;
  return target;
}

// What stands behind the link: on a loop of its own, so that it is not the client that is slowed by it.
class FarEnd {
 public:
  FarEnd(base::Executor loop, const Order& order)
      : bulk_(base::listen_unix(loop, order.dir + "/far.sock")),
        echo_(base::listen_tcp(loop, "127.0.0.1:0")),
        link_(loop, DelayProxy::tcp(static_cast<std::uint16_t>(order.ssh_port)), order.delay()),
        plain_link_(loop, DelayProxy::unix_socket(order.socket), order.delay()),
        echo_link_(loop, DelayProxy::tcp(echo_->port()), order.delay()),
        scope_(loop, "far") {
    scope_.spawn(send_bulks());
    scope_.spawn(echo_all());
  }
  std::uint16_t ssh_port() const { return link_.port(); }
  std::uint16_t plain_port() const { return plain_link_.port(); }
  std::uint16_t echo_port() const { return echo_link_.port(); }
  base::Task<void> stop() {
    bulk_->close();
    echo_->close();
    scope_.cancel();
    co_await scope_.join();
    co_await link_.stop();
    co_await plain_link_.stop();
    co_await echo_link_.stop();
  }

 private:
  base::Task<void> send_bulks() {
    const std::string piece(64 * 1024, 'x');
    while (true) {
      const base::StreamPtr stream = co_await bulk_->accept();
      for (std::size_t sent = 0; sent < kBulk; sent += piece.size()) co_await stream->write(piece);
      co_await stream->finish_writing();
      // Until it is read: what a socket that is closed has not sent is lost.
      while (!(co_await stream->read_view()).empty()) continue;
    }
  }
  base::Task<void> echo_all() {
    while (true) {
      const base::StreamPtr stream = co_await echo_->accept();
      for (std::string said(co_await stream->read_view()); !said.empty();) {
        co_await stream->write(said);
        said = co_await stream->read_view();
      }
    }
  }

  std::unique_ptr<base::Listener> bulk_;
  std::unique_ptr<base::Listener> echo_;
  DelayProxy link_;
  DelayProxy plain_link_;  // to the engine, without SSH
  DelayProxy echo_link_;
  base::Scope scope_;
};

base::Task<void> begin(std::unique_ptr<FarEnd>& far, base::Executor loop, const Order& order) {
  far = std::make_unique<FarEnd>(loop, order);
  co_return;
}

struct Peer {
  std::string name;
  std::unique_ptr<docker::Client> engine;
  Figures took;
  Figures cpu;  // of the thread that calls, and does nothing else
};

std::string idle_name(int number) { return "bench-idle-" + std::to_string(number); }

Json container_of_busybox() {
  return Json{{"Image", "busybox:test"}, {"Cmd", {"sleep", "1000000"}}, {"HostConfig", {{"Init", true}}}};
}

base::Task<void> inspect_one(docker::Client& engine, int number) {
  co_await engine.inspect_container(idle_name(number));
}

base::Task<void> inspect_together(docker::Client& engine) {
  base::Scope scope(co_await base::this_loop(), "together");
  for (int i = 0; i < kTogether; ++i) scope.spawn(inspect_one(engine, i));
  co_await scope.join();
}

base::Task<void> create_and_start(docker::Client& engine, std::string name) {
  const auto created = co_await engine.create_container(name, container_of_busybox(), "");
  co_await engine.start_container(created.id);
}

base::Task<void> list_once(docker::Client& engine) { co_await engine.list_containers(); }

base::Task<void> time(Peer& peer, std::string what, base::Task<void> work) {
  const auto began = Clock::now();
  const double used = cpu_ms();
  co_await std::move(work);
  peer.took[what].push_back(since_ms(began));
  peer.cpu[what].push_back(cpu_ms() - used);
}

base::Task<void> call_in_turn(std::vector<Peer>& peers, const Order& order) {
  docker::Client& local = *peers.front().engine;
  for (int i = 0; i < kContainers; ++i) co_await local.create_container(idle_name(i), container_of_busybox(), "");
  for (auto& peer : peers) co_await inspect_together(*peer.engine);  // its connections are open
  for (int i = 0; i < order.rounds; ++i) {
    for (auto& peer : peers) {
      co_await time(peer, "list", list_once(*peer.engine));
      co_await time(peer, "inspect", inspect_one(*peer.engine, 0));
      co_await time(peer, "sixteen inspects", inspect_together(*peer.engine));
    }
  }
  for (int i = 0; i < order.starts; ++i) {
    for (auto& peer : peers) {
      const std::string name = "bench-start-" + peer.name + std::to_string(i);
      co_await time(peer, "create and start", create_and_start(*peer.engine, name));
      co_await local.remove_container(name, docker::Client::RemoveMode::Force,
                                      docker::Client::AnonymousVolumes::Remove);
    }
  }
  for (int i = 0; i < kContainers; ++i) {
    co_await local.remove_container(idle_name(i), docker::Client::RemoveMode::Force,
                                    docker::Client::AnonymousVolumes::Remove);
  }
}

base::Task<double> read_bulk(base::StreamPtr stream) {
  const auto began = Clock::now();
  std::size_t seen = 0;
  while (true) {
    const std::string_view bytes = co_await stream->read_view();
    if (bytes.empty()) break;
    seen += bytes.size();
  }
  if (seen != kBulk) throw std::runtime_error("the stream ended after " + std::to_string(seen));
  co_return static_cast<double>(kBulk) / 1048.576 / since_ms(began);  // MiB a second, from bytes and milliseconds
}

struct Streams {
  std::vector<double> ours;
  std::vector<double> openssh;
};

base::Task<void> stream_in_turn(docker::SshHub& hub, docker::SshTarget target, std::string dir, Streams& streams) {
  const auto link = co_await hub.reach(target.chain);
  for (int i = 0; i < 3; ++i) {
    base::StreamPtr ours = co_await link->session().open_socket(dir + "/far.sock", std::chrono::seconds(20));
    streams.ours.push_back(co_await read_bulk(std::move(ours)));
    base::StreamPtr theirs = co_await base::connect_unix(dir + "/near.sock", std::chrono::seconds(20));
    streams.openssh.push_back(co_await read_bulk(std::move(theirs)));
  }
}

base::Task<double> round_trip_ms(std::uint16_t port) {
  const base::StreamPtr stream = co_await base::connect_tcp("127.0.0.1", port, std::chrono::seconds(10));
  std::vector<double> took;
  for (int i = 0; i < 50; ++i) {
    const auto began = Clock::now();
    co_await stream->write("?");
    co_await stream->read_view();
    took.push_back(since_ms(began));
  }
  co_return median(took);
}

Json figures_of(const Peer& peer) {
  base::JsonObject figures;
  for (const auto& [what, values] : peer.took) {
    figures[what] =
        Json{{"p50", median(values)}, {"p99", percentile(values, 0.99)}, {"cpu", median(peer.cpu.at(what))}};
  }
  return figures;
}

base::Task<void> run_order(const Order& order, const FarEnd& far) {
  base::Metrics metrics;
  docker::SshHub hub(co_await base::this_loop(), metrics);
  const docker::SshTarget target = target_of(order, far.ssh_port());
  docker::TcpTarget plain;
  plain.host = "127.0.0.1";
  plain.port = far.plain_port();
  std::vector<Peer> peers;
  peers.push_back({"unix", docker::Client::make(docker::unix_connector(order.socket), "unix", metrics), {}, {}});
  peers.push_back({"link", docker::Client::make(docker::tcp_connector(plain), "link", metrics), {}, {}});
  peers.push_back(
      {"openssh", docker::Client::make(docker::unix_connector(order.dir + "/engine.sock"), "o", metrics), {}, {}});
  peers.push_back({"ssh", docker::Client::make(docker::ssh_connector(hub, target), "ssh", metrics), {}, {}});
  base::JsonObject result;
  result["round_trip_ms"] = co_await round_trip_ms(far.echo_port());
  co_await call_in_turn(peers, order);
  for (const auto& peer : peers) result[peer.name] = figures_of(peer);
  Streams streams;
  co_await stream_in_turn(hub, target, order.dir, streams);
  result["stream"] = median(streams.ours);
  result["openssh_stream"] = median(streams.openssh);
  say("cut");
  wait_for_line();
  const auto began = Clock::now();
  co_await peers.back().engine->ping();
  result["reconnect_ms"] = since_ms(began);
  for (const auto& peer : peers) peer.engine->close();
  peers.clear();
  co_await hub.stop();
  say(base::to_canonical(result));
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  CLI::App app{"the Engine API over SSH"};
  bench::Order order;
  app.add_option("--socket", order.socket)->required();
  app.add_option("--ssh-port", order.ssh_port)->required();
  app.add_option("--user", order.user)->required();
  app.add_option("--key", order.key)->required();
  app.add_option("--host-key", order.host_key)->required();
  app.add_option("--dir", order.dir)->required();
  app.add_option("--delay-ms", order.delay_ms);
  app.add_option("--rounds", order.rounds);
  app.add_option("--starts", order.starts);
  CLI11_PARSE(app, argc, argv);
  base::Loop loop("far end");
  std::unique_ptr<bench::FarEnd> far;
  loop.run_and_wait([&] { return bench::begin(far, loop.executor(), order); });
  bench::say(std::to_string(far->ssh_port()));
  bench::wait_for_line();
  base::run(bench::run_order(order, *far));
  loop.run_and_wait([&] { return far->stop(); });
  return 0;
}
