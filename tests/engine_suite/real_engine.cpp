// SPDX-License-Identifier: Apache-2.0
// A dockerd of the suite's own: data, sockets and networks are made here and removed here. It is started once for
// the process, and a test that needs it fails when it cannot run.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/http_client.hpp"
#include "base/scope.hpp"
#include "docker/client.hpp"
#include "tests/engine_suite/engine_under_test.hpp"

extern char** environ;

namespace berth::engine_suite {

namespace {

namespace fs = std::filesystem;

constexpr int kStartLimitMs = 60'000;

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
      listen_for_readiness();
      spawn_daemon();
      wait_until_it_serves();
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
  void listen_for_readiness() {
    const std::string path = root_ / "notify";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    notify_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(notify_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("bind failed for " + path);
    }
  }

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
    const std::string notify = "NOTIFY_SOCKET=" + (root_ / "notify").string();
    std::vector<char*> environment{const_cast<char*>(notify.c_str())};
    for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
    environment.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    const std::string log = root_ / "log";
    posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    const int failed = posix_spawnp(&pid_, "dockerd", &files, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
      pid_ = 0;
      throw std::runtime_error("dockerd did not start: install docker.io");
    }
  }

  // dockerd says READY=1 to NOTIFY_SOCKET, as systemd has it; or it dies.
  void wait_until_it_serves() {
    const int process = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    pollfd ends[] = {{notify_, POLLIN, 0}, {process, POLLIN, 0}};
    bool ready = false;
    while (!ready && poll(ends, 2, kStartLimitMs) > 0 && ends[1].revents == 0) {
      char text[256];
      const ssize_t size = recv(notify_, text, sizeof text, 0);
      ready = size > 0 && std::string_view(text, size).find("READY=1") != std::string_view::npos;
    }
    ::close(process);
    if (!ready) throw std::runtime_error("dockerd did not come up:\n" + read_file(root_ / "log"));
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
    if (notify_ >= 0) ::close(notify_);
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  fs::path root_;
  int notify_ = -1;
  pid_t pid_ = 0;
};

}  // namespace

std::vector<std::string> engine_names() { return {"Dockerd"}; }

std::shared_ptr<EngineUnderTest> engine_named(const std::string&) {
  static const std::shared_ptr<EngineUnderTest> engine = std::make_shared<RealEngine>();
  return engine;
}

}  // namespace berth::engine_suite
