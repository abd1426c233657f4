// SPDX-License-Identifier: Apache-2.0
// A dockerd of the suite's own: data, sockets and networks are made here and removed here. It is started once for
// the process, and a test that needs it fails when it cannot run.
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/crypto.hpp"
#include "base/http_client.hpp"
#include "base/scope.hpp"
#include "base/status.hpp"
#include "docker/client.hpp"
#include "tests/engine_suite/engine_under_test.hpp"

extern char** environ;

namespace berth::engine_suite {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kStartLimit{60};

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

class RealEngine : public EngineUnderTest {
 public:
  RealEngine() {
    std::string pattern = "/var/tmp/berth-suite-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed for " + pattern);
    root_ = pattern;
    try {
      spawn_daemon();
      base::run(wait_until_it_answers());
      base::run(import_image());
    } catch (...) {
      stop();
      throw;
    }
  }
  ~RealEngine() override { stop(); }

  std::string socket_path() const override { return root_ / "docker.sock"; }
  std::string image() const override { return "berth-suite:latest"; }

 private:
  void spawn_daemon() {
    const std::vector<std::string> words{"dockerd",
                                         "--data-root=" + (root_ / "data").string(),
                                         "--exec-root=" + (root_ / "exec").string(),
                                         "--pidfile=" + (root_ / "pid").string(),
                                         "--host=unix://" + socket_path(),
                                         "--bridge=none",
                                         "--iptables=false",
                                         "--ip6tables=false"};
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    const std::string log = root_ / "log";
    posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    const int failed = posix_spawnp(&pid_, "dockerd", &files, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
      pid_ = 0;
      throw std::runtime_error("dockerd did not start: install docker.io");
    }
  }

  base::Task<void> wait_until_it_answers() {
    const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
    while (true) {
      try {
        base::StreamPtr stream = co_await base::connect_unix(socket_path(), std::chrono::seconds(5));
        base::HttpClientConnection connection(std::move(stream));
        base::HttpRequest ping;
        ping.target = "/_ping";
        const base::HttpResponse answer = co_await connection.send(ping);
        if (answer.status == 200) co_return;
      } catch (const base::Status&) {
        // Its socket is not there yet.
      }
      if (std::chrono::steady_clock::now() > deadline || waitpid(pid_, nullptr, WNOHANG) != 0) {
        throw std::runtime_error("dockerd did not come up:\n" + read_file(root_ / "log"));
      }
      co_await base::sleep_for(std::chrono::milliseconds(50));  // nothing tells when a socket appears
    }
  }

  // An image of Debian's static busybox: no registry is needed.
  base::Task<void> import_image() {
    const std::string busybox = read_file("/bin/busybox");
    if (busybox.empty()) throw std::runtime_error("/bin/busybox is missing: install busybox-static");
    base::HttpRequest request;
    request.method = "POST";
    request.target = "/v1.40/images/create?fromSrc=-&repo=berth-suite&tag=latest";
    request.headers.set("Content-Type", "application/x-tar");
    request.body =
        docker::make_tar({{"bin/busybox", busybox, 0755}, {"bin/sh", busybox, 0755}, {"bin/sleep", busybox, 0755}});
    base::StreamPtr stream = co_await base::connect_unix(socket_path(), std::chrono::seconds(5));
    base::HttpClientConnection connection(std::move(stream));
    const base::HttpResponse answer = co_await connection.send(request);
    if (answer.status != 200) throw std::runtime_error("image import: " + answer.body);
  }

  void stop() {
    if (pid_ != 0) {
      kill(pid_, SIGTERM);
      waitpid(pid_, nullptr, 0);
      pid_ = 0;
    }
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  fs::path root_;
  pid_t pid_ = 0;
};

}  // namespace

std::vector<std::string> engine_names() { return {"Dockerd"}; }

std::shared_ptr<EngineUnderTest> engine_named(const std::string&) {
  static const std::shared_ptr<EngineUnderTest> engine = std::make_shared<RealEngine>();
  return engine;
}

}  // namespace berth::engine_suite
