// SPDX-License-Identifier: Apache-2.0
#include "docker/openssh_login.hpp"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "base/private_file.hpp"
#include "base/stream.hpp"
#include "docker/ssh_agent.hpp"

namespace berth::docker {

using base::Task;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr auto kConnectLimit = seconds(10);
constexpr auto kUpLimit = seconds(20);
constexpr auto kLook = milliseconds(20);

// The keys that a server has, asked without logging in.
Task<std::vector<SshHostKey>> scan_keys(std::string address, std::uint16_t port) {
  OpensshProgram program(keyscan_arguments(address, port));
  const auto end = steady_clock::now() + kUpLimit;
  while (!program.ended() && steady_clock::now() < end) co_await base::sleep_for(kLook);
  std::vector<SshHostKey> keys;
  std::string text = program.output();
  while (!text.empty()) {
    std::string line = text.substr(0, text.find('\n'));
    text.erase(0, line.size() + 1);
    const std::size_t space = line.find(' ');
    if (line.starts_with('#') || space == std::string::npos) continue;
    try {
      keys.push_back(host_key_from_line(line.substr(space + 1)));
    } catch (const base::Status&) {
      continue;
    }
  }
  const auto preference = [](const SshHostKey& key) { return std::pair(key.type != "ssh-ed25519", key.type); };
  std::sort(keys.begin(), keys.end(),
            [&](const SshHostKey& a, const SshHostKey& b) { return preference(a) < preference(b); });
  co_return keys;
}

SshIdentity identity_of(const SshServer& server) {
  try {
    SshIdentity identity = server.identity();
    if (!identity.private_key.empty()) return identity;
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::NotFound) throw;
    throw SshError(SshFault::IdentityMissing, server.name() + ": " + status.message());
  }
  throw SshError(SshFault::IdentityMissing, server.name() + ": transport OpenSSH needs ssh-privatekey in the Secret");
}

// A passphrase takes its time.
Task<SshSigner> signer_of(const SshServer& server) {
  const SshIdentity identity = identity_of(server);
  try {
    const auto read = [&identity] { return SshSigner::from(identity); };
    co_return co_await base::blocking(read);
  } catch (const SshError& error) {
    throw error.at(server.name());
  }
}

// One that is free now. Who takes it in between makes the forwarding fail, and the next try has another.
Task<std::uint16_t> free_port() { co_return base::listen_tcp(co_await base::this_loop(), "127.0.0.1:0")->port(); }

}  // namespace

OpensshLogin::OpensshLogin(std::string folder, SshServer server, std::shared_ptr<OpensshLogin> through)
    : folder_(std::move(folder)), server_(std::move(server)), through_(std::move(through)) {}

OpensshLogin::~OpensshLogin() {
  program_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool OpensshLogin::alive() { return !program_->ended() && (!through_ || through_->alive()); }

std::shared_ptr<OpensshLogin> OpensshLogin::prepare(SshServer server, std::shared_ptr<OpensshLogin> through) {
  std::string folder = (std::filesystem::temp_directory_path() / "berth-ssh-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    throw SshError(SshFault::ClientFailed, "no private folder in " + folder);
  }
  return std::shared_ptr<OpensshLogin>(new OpensshLogin(folder, std::move(server), std::move(through)));
}

Task<std::shared_ptr<OpensshLogin>> OpensshLogin::to_jump(SshServer server, std::shared_ptr<OpensshLogin> through) {
  std::shared_ptr<OpensshLogin> login = prepare(std::move(server), std::move(through));
  co_await login->log_in(jump_purpose(login->control()), login->control());
  co_return login;
}

Task<std::shared_ptr<OpensshLogin>> OpensshLogin::to_host(SshServer server, std::shared_ptr<OpensshLogin> through,
                                                          std::string engine_socket) {
  std::shared_ptr<OpensshLogin> login = prepare(std::move(server), std::move(through));
  co_await login->log_in(engine_purpose(login->engine(), engine_socket), login->engine());
  co_return login;
}

Task<void> OpensshLogin::judge_keys() {
  std::string address = server_.address;
  std::uint16_t port = server_.port;
  std::optional<OpensshControl> way;
  if (through_) {
    address = "127.0.0.1";
    port = co_await free_port();
    try {
      way.emplace(co_await base::this_loop(), through_->control());
      co_await way->bring(port, server_, kConnectLimit);
    } catch (const SshError& error) {
      if (error.fault() == SshFault::ClientFailed) through_->deaf_ = true;
      throw;
    }
  }
  const std::vector<SshHostKey> keys = co_await scan_keys(address, port);
  if (keys.empty()) throw SshError(SshFault::NoAnswer, server_.name() + ": the server shows no host key");
  check_host_key(server_, keys.front());
}

Task<void> OpensshLogin::log_in(std::vector<std::string> purpose, std::string up) {
  if (server_.host_keys.empty()) co_await judge_keys();
  std::string known;
  for (const SshHostKey& key : server_.host_keys) known += known_name(server_) + " " + key.line() + "\n";
  base::write_private_file(folder_ + "/known_hosts", known);
  SshSigner signer = co_await signer_of(server_);
  SshAgent agent(co_await base::this_loop(), folder_ + "/agent", std::move(signer));
  std::exception_ptr error;
  try {
    co_await start(std::move(purpose));
    co_await wait_until_up(std::move(up));
  } catch (...) {
    error = std::current_exception();
  }
  agent.cancel();
  co_await agent.join();
  if (error) std::rethrow_exception(error);
}

Task<void> OpensshLogin::start(std::vector<std::string> purpose) {
  OpensshRoute route{OpensshRoute::Way::Network, folder_, std::move(purpose)};
  if (!through_) {
    program_ = std::make_unique<OpensshProgram>(openssh_arguments(server_, route));
    co_return;
  }
  route.way = OpensshRoute::Way::StandardStreams;
  const OpensshStreams streams;
  try {
    passage_ = std::make_unique<OpensshControl>(co_await base::this_loop(), through_->control());
    co_await passage_->connect(server_, streams.from_program(), streams.to_program(), kConnectLimit);
  } catch (const SshError& error) {
    if (error.fault() == SshFault::ClientFailed) through_->deaf_ = true;
    // The jump's own ssh was told why.
    if (error.fault() != SshFault::ForwardingRefused) throw;
    throw SshError(error.fault(), error.message() + ": ssh: " + through_->words());
  }
  program_ = std::make_unique<OpensshProgram>(openssh_arguments(server_, route), &streams);
}

Task<void> OpensshLogin::wait_until_up(std::string up) {
  const auto end = steady_clock::now() + kUpLimit;
  while (!std::filesystem::exists(up)) {
    if (program_->ended()) {
      const SshFault fault = openssh_fault(program_->errors());
      if (fault == SshFault::HostKeyChanged) co_await judge_keys();
      throw SshError(fault, server_.name() + ": ssh: " + words());
    }
    if (steady_clock::now() >= end) {
      throw SshError(SshFault::NoAnswer, server_.name() + ": ssh does not get through in time: " + words());
    }
    co_await base::sleep_for(kLook);
  }
}

}  // namespace berth::docker
