// SPDX-License-Identifier: Apache-2.0
// berthd: reads its settings, builds the floors bottom-up, serves until a signal, tears them down in reverse.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <thread>

#include "api/metrics_server.hpp"
#include "api/pki.hpp"
#include "api/server.hpp"
#include "base/free_memory.hpp"
#include "base/log.hpp"
#include "base/scope.hpp"
#include "base/status.hpp"
#include "cmd/config.hpp"
#include "cmd/control_plane.hpp"
#include "cmd/open_store.hpp"
#include "reconcilers/container/failpoint.hpp"
#include "reconcilers/host/local_host.hpp"
#include "resources/audit/audit_records.hpp"
#include "resources/key_rotation.hpp"
#include "store/canary.hpp"

namespace berth::cmd {
namespace {

using SignalSet = base::asio::basic_signal_set<base::Executor>;

constexpr auto kTidyInterval = std::chrono::seconds(5);
constexpr auto kTidyKeysInterval = std::chrono::minutes(5);

// As many descriptors as the machine allows: a connection is one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

base::LogLevel log_level_of(const std::string& text) {
  if (text == "debug") return base::LogLevel::Debug;
  if (text == "warning") return base::LogLevel::Warning;
  return text == "error" ? base::LogLevel::Error : base::LogLevel::Info;
}

std::string host_of(const std::string& address) {
  std::string host = address.substr(0, address.rfind(':'));
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return host;
}

// The address with the port that was really taken.
std::string with_port(const std::string& address, std::uint16_t port) {
  return address.substr(0, address.rfind(':') + 1) + std::to_string(port);
}

bool any_address(const std::string& host) { return host == "0.0.0.0" || host == "::" || host.empty(); }

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw base::bad_request("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// What is remembered, and the door to it.
struct Storage {
  explicit Storage(const Config& config) {
    std::filesystem::create_directories(config.data_dir);
    std::filesystem::permissions(config.data_dir, std::filesystem::perms::owner_all);
    first_start = !holds_store(config);
    ring.emplace(store::KeyRing::open(config.key_dir, first_start));
    store = open_store(config, *ring, metrics);
    base::run(store::check_canary(*store, *ring));
    resources = resources::Resources::make({store.get(), &*ring, &base::real_clock(), &metrics});
    base::run(resources->bootstrap(config.instance));
    base::run(resources->close_open_actions());
    if (first_start) base::run(reconcilers::make_local_host(*resources, config.docker_socket));
  }

  base::Metrics metrics;
  bool first_start = false;
  std::optional<store::KeyRing> ring;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<resources::Resources> resources;
};

api::HealthReport readiness(const Storage& storage) {
  api::HealthReport report{{"store", true, ""}};
  try {
    const schemas::Kind& kind = schemas::Catalog::instance().by_name("Namespace");
    if (!storage.resources->find(kind, "", "default")) report[0] = {"store", false, "namespace default is missing"};
  } catch (const base::Status& status) {
    report[0] = {"store", false, status.what()};
  }
  return report;
}

api::Pki open_certificates(const Config& config) {
  api::PkiOptions options;
  options.data_dir = config.data_dir;
  options.key_dir = config.key_dir;
  options.names = config.tls_names;
  const std::string host = host_of(config.listen);
  if (!any_address(host)) options.names.push_back(host);
  return api::open_pki(options, base::real_clock());
}

api::ServerOptions server_options(const Config& config, const api::Pki& pki, Storage& storage) {
  api::ServerOptions options;
  options.listen = config.listen;
  options.tls = api::ServerTls{pki.server, pki.ca.certificate};
  options.token_file = config.token_auth_file;
  options.resources = storage.resources.get();
  options.metrics = &storage.metrics;
  options.clock = &base::real_clock();
  options.readiness = [&storage] { return readiness(storage); };
  return options;
}

std::unique_ptr<api::MetricsServer> make_metrics_server(const Config& config, const Storage& storage) {
  if (config.metrics_listen.empty()) return nullptr;
  api::MetricsServerOptions options;
  options.listen = config.metrics_listen;
  options.metrics = &storage.metrics;
  if (!config.metrics_tls_cert.empty()) {
    options.tls = base::PemPair{read_text(config.metrics_tls_cert), read_text(config.metrics_tls_key)};
  }
  return std::make_unique<api::MetricsServer>(std::move(options));
}

// Returns at SIGTERM or SIGINT; SIGUSR1 resyncs.
base::Task<void> wait_for_end(ControlPlane& control) {
  SignalSet signals(co_await base::this_loop());
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) signals.add(number);
  for (;;) {
    const int number = co_await signals.async_wait(base::use_task);
    if (number != SIGUSR1) co_return;
    base::log_info("resync asked for");
    control.resync();
  }
}

// After a crowd of clients, berthd is as small as before it.
base::Task<void> keep_small(std::vector<base::Executor> loops) {
  base::FreeMemory memory(std::move(loops));
  for (;;) {
    co_await base::sleep_for(kTidyInterval);
    co_await memory.give_back();
  }
}

// A rotation of keys is over when the older ones are gone, however often we are restarted meanwhile.
base::Task<void> end_rotations(resources::Resources& resources) {
  for (;;) {
    try {
      co_await resources.key_rotation().tidy();
    } catch (const base::Status& status) {
      if (status.reason() == base::Reason::Cancelled) throw;
      base::log_warning("keys not rotated to the end", {{"error", status.what()}});
    }
    co_await base::sleep_for(kTidyKeysInterval);
  }
}

// The main thread has nothing else to do.
base::Task<void> stay(ControlPlane& control, resources::Resources& resources, std::vector<base::Executor> loops) {
  base::Scope tidying(co_await base::this_loop(), "tidying");
  tidying.spawn(keep_small(std::move(loops)));
  tidying.spawn(end_rotations(resources));
  tidying.spawn(resources.audit_records().keep_denials());
  std::exception_ptr error;
  try {
    co_await wait_for_end(control);
  } catch (...) {
    error = std::current_exception();
  }
  tidying.cancel();
  co_await tidying.join();
  if (error) std::rethrow_exception(error);
}

// Of the minute that is not over: nobody comes after us to count it.
void flush_denials(const resources::Resources& resources) {
  try {
    base::run(resources.audit_records().flush_denials());
  } catch (const base::Status& status) {
    base::log_warning("cannot put denials on record", {{"error", status.what()}});
  }
}

std::vector<std::unique_ptr<base::Loop>> make_loops(unsigned wanted) {
  const unsigned count = wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::unique_ptr<base::Loop>> loops;
  for (unsigned i = 0; i < count; ++i) loops.push_back(std::make_unique<base::Loop>("api-" + std::to_string(i)));
  return loops;
}

// Says where it serves, in the log and in admin.kubeconfig.
void announce(const Config& config, const api::Pki& pki, const api::Server& server, const api::MetricsServer* metrics) {
  const std::string address = with_port(config.listen, server.port());
  const std::string host = host_of(config.listen);
  const std::string reached = any_address(host) ? "127.0.0.1:" + std::to_string(server.port()) : address;
  api::write_admin_kubeconfig(config.data_dir, pki, "https://" + reached, base::real_clock());
  const std::string metrics_address = metrics ? with_port(config.metrics_listen, metrics->port()) : std::string("none");
  base::log_info("serving", {{"address", address}, {"metrics_address", metrics_address}, {"version", BERTH_VERSION}});
}

void serve(const Config& config) {
  Storage storage(config);
  const api::Pki pki = open_certificates(config);
  base::Loop control_loop("control");
  ControlPlane control(*storage.resources, base::real_clock(), storage.metrics, control_loop.executor(),
                       config.controllers, pki.ca.certificate);
  const auto loops = make_loops(config.loops);
  std::vector<base::Executor> executors;
  for (const auto& loop : loops) executors.push_back(loop->executor());

  api::Server server(server_options(config, pki, storage));
  const auto metrics_server = make_metrics_server(config, storage);
  std::exception_ptr error;
  try {
    server.start(executors);
    if (metrics_server) metrics_server->start(executors.front());
    control_loop.run_and_wait([&control] { return control.start(); });
    announce(config, pki, server, metrics_server.get());
    base::run(stay(control, *storage.resources, executors));
  } catch (...) {
    error = std::current_exception();
  }
  // After a start that failed half-way, too: what runs by then ends in order.
  base::log_info("draining");
  loops.front()->run_and_wait([&server, &config] { return server.drain(config.drain); });
  if (metrics_server) loops.front()->run_and_wait([&metrics_server] { return metrics_server->stop(); });
  control_loop.run_and_wait([&control] { return control.stop(); });
  flush_denials(*storage.resources);
  storage.store->close();
  if (error) std::rethrow_exception(error);
  base::log_info("ended");
}

}  // namespace
}  // namespace berth::cmd

int main(int argc, char** argv) {
  using namespace berth;
  try {
    const cmd::Config config = cmd::read_config(argc, argv);
    switch (config.action) {
      case cmd::Config::Action::PrintHelp:
        std::fputs(config.help.c_str(), stdout);
        return 0;
      case cmd::Config::Action::PrintVersion:
        std::puts("berthd " BERTH_VERSION);
        return 0;
      case cmd::Config::Action::ListFailpoints:
        for (const std::string& name : reconcilers::failpoint_names()) std::puts(name.c_str());
        return 0;
      case cmd::Config::Action::VerifyAudit:
        ::umask(077);
        base::set_log_level(base::LogLevel::Error);
        return cmd::verify_audit(config);
      case cmd::Config::Action::Serve:
        break;
    }
    reconcilers::check_failpoint();
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGUSR1, SIG_IGN);  // until it is waited for
    cmd::raise_descriptor_limit();
    ::umask(077);  // nothing that it writes is for others
    base::start_log(cmd::log_level_of(config.log_level));
    cmd::serve(config);
    base::stop_log();
    return 0;
  } catch (const base::Status& status) {
    base::log_error("berthd cannot run", {{"error", status.what()}});
    base::stop_log();
    std::fprintf(stderr, "berthd: %s\n", status.what());
    return 1;
  } catch (const std::exception& error) {  // of the file system, at the start
    base::log_error("berthd cannot run", {{"error", error.what()}});
    base::stop_log();
    std::fprintf(stderr, "berthd: %s\n", error.what());
    return 1;
  }
}
