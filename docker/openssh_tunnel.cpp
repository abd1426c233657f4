// SPDX-License-Identifier: Apache-2.0
#include "docker/openssh_tunnel.hpp"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "base/private_file.hpp"
#include "docker/ping_probe.hpp"
#include "docker/ssh_agent.hpp"

namespace berth::docker {

using base::Task;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr const char* kSsh = "/usr/bin/ssh";
constexpr const char* kKeyScan = "/usr/bin/ssh-keyscan";
constexpr auto kUpLimit = seconds(20);
constexpr auto kLook = milliseconds(20);
// Nothing of the machine's configuration, no question to anybody, nothing but the one forwarding.
constexpr const char* kOptions[] = {"BatchMode=yes",
                                    "StrictHostKeyChecking=yes",
                                    "GlobalKnownHostsFile=/dev/null",
                                    "UpdateHostKeys=no",
                                    "VerifyHostKeyDNS=no",
                                    "CheckHostIP=no",
                                    "PreferredAuthentications=publickey",
                                    "IdentityFile=none",
                                    "ForwardAgent=no",
                                    "ForwardX11=no",
                                    "ControlMaster=no",
                                    "ControlPath=none",
                                    "ProxyCommand=none",
                                    "PermitLocalCommand=no",
                                    "CanonicalizeHostname=no",
                                    "ExitOnForwardFailure=yes",
                                    "StreamLocalBindMask=0177",
                                    "ServerAliveInterval=15",
                                    "ServerAliveCountMax=3",
                                    "ConnectTimeout=10",
                                    "LogLevel=INFO"};

// Its last words: those before them repeat with each try, or are the server's banner.
std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const std::size_t begin = text.find_last_of("\r\n");
  return begin == std::string::npos ? text : text.substr(begin + 1);
}

// ssh reads colons, tokens and variables in the path of a forwarding.
void check_path(const std::string& path) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '.' ||
           c == '_' || c == '-' || c == '+' || c == '@' || c == ',';
  };
  if (!path.starts_with('/') || !std::all_of(path.begin(), path.end(), plain)) {
    throw SshError(SshFault::ProtocolError,
                   "transport OpenSSH takes an engineSocket of letters, digits and /._-+@, only");
  }
}

std::string pattern_of(const SshServer& server) {
  return server.port == 22 ? server.address : "[" + server.address + "]:" + std::to_string(server.port);
}

// The keys that a server has, asked without logging in.
Task<std::vector<SshHostKey>> scan_keys(const SshServer& server) {
  const std::vector<std::string> arguments{kKeyScan, "-T",          "10", "-p", std::to_string(server.port),
                                           "--",     server.address};
  OpensshProgram program(arguments, {});
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

// Throws what there is to say about the keys that a server has now.
Task<void> judge_keys(const SshServer& server) {
  const std::vector<SshHostKey> keys = co_await scan_keys(server);
  if (keys.empty()) throw SshError(SshFault::NoAnswer, server.name() + ": the server shows no host key");
  check_host_key(server, keys.front());
}

SshSigner signer_of(const SshServer& server, const SshIdentity& identity) {
  try {
    return SshSigner::from(identity);
  } catch (const SshError& error) {
    throw error.at(server.name());
  }
}

}  // namespace

std::vector<std::string> openssh_arguments(const SshServer& server, const std::string& engine_socket,
                                           const std::string& folder) {
  check_path(engine_socket);
  std::vector<std::string> arguments{kSsh, "-F", "none", "-N", "-T", "-a", "-x"};
  for (const char* option : kOptions) arguments.insert(arguments.end(), {"-o", option});
  arguments.insert(arguments.end(), {"-o", "UserKnownHostsFile=" + folder + "/known_hosts", "-o",
                                     "IdentityAgent=" + folder + "/agent", "-L", folder + "/engine:" + engine_socket,
                                     "-p", std::to_string(server.port), "-l", server.user, "--", server.address});
  return arguments;
}

SshFault openssh_fault(std::string_view words) {
  const auto says = [words](std::string_view text) { return words.find(text) != std::string_view::npos; };
  if (says("HOST IDENTIFICATION HAS CHANGED") || says("Host key verification failed")) return SshFault::HostKeyChanged;
  if (says("Permission denied") || says("Too many authentication failures")) return SshFault::AuthenticationFailed;
  if (says("Could not resolve hostname")) return SshFault::NameNotFound;
  if (says("Connection refused")) return SshFault::ConnectionRefused;
  if (says("timed out") || says("No route to host") || says("Network is unreachable")) return SshFault::NoAnswer;
  if (says("Unable to negotiate")) return SshFault::AlgorithmsRefused;
  if (says("kex_exchange_identification") || says("Exceeded MaxStartups")) return SshFault::ServerBusy;
  return SshFault::ClientFailed;
}

OpensshTunnel::OpensshTunnel(std::string folder, std::string server)
    : folder_(std::move(folder)), server_(std::move(server)) {}

OpensshTunnel::~OpensshTunnel() {
  program_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Task<std::unique_ptr<OpensshTunnel>> OpensshTunnel::open(const SshServer& server, std::string engine_socket) {
  if (server.host_keys.empty()) co_await judge_keys(server);
  SshIdentity identity;
  try {
    identity = server.identity();
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::NotFound) throw;
    throw SshError(SshFault::IdentityMissing, server.name() + ": " + status.message());
  }
  if (identity.private_key.empty()) {
    throw SshError(SshFault::IdentityMissing, server.name() + ": transport OpenSSH needs ssh-privatekey in the Secret");
  }
  std::string folder = (std::filesystem::temp_directory_path() / "berth-ssh-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    throw SshError(SshFault::ClientFailed, "no private folder in " + folder);
  }
  std::unique_ptr<OpensshTunnel> tunnel(new OpensshTunnel(folder, server.name()));
  std::string known;
  for (const SshHostKey& key : server.host_keys) known += pattern_of(server) + " " + key.line() + "\n";
  base::write_private_file(folder + "/known_hosts", known);
  const std::vector<std::string> arguments = openssh_arguments(server, engine_socket, folder);
  SshAgent agent(co_await base::this_loop(), folder + "/agent", signer_of(server, identity));
  std::exception_ptr error;
  try {
    tunnel->program_ = std::make_unique<OpensshProgram>(arguments, std::vector<std::string>{});
    co_await tunnel->wait_until_up(server);
  } catch (...) {
    error = std::current_exception();
  }
  agent.cancel();
  co_await agent.join();
  if (error) std::rethrow_exception(error);
  co_return tunnel;
}

Task<void> OpensshTunnel::wait_until_up(const SshServer& server) {
  const auto end = steady_clock::now() + kUpLimit;
  while (!std::filesystem::exists(folder_ + "/engine")) {
    if (program_->ended()) {
      const std::string words = program_->errors();
      const SshFault fault = openssh_fault(words);
      if (fault == SshFault::HostKeyChanged) co_await judge_keys(server);
      throw SshError(fault, server_ + ": ssh: " + last_line(words));
    }
    if (steady_clock::now() >= end) {
      throw SshError(SshFault::NoAnswer,
                     server_ + ": ssh does not get through in time: " + last_line(program_->errors()));
    }
    co_await base::sleep_for(kLook);
  }
}

Task<base::StreamPtr> OpensshTunnel::connect(steady_clock::duration limit) {
  return base::connect_unix(folder_ + "/engine", limit);
}

Task<base::StreamPtr> OpensshTunnel::probe(steady_clock::duration limit) {
  base::StreamPtr stream = co_await connect(limit);
  const bool answered = co_await answers_ping(*stream, limit);
  if (!answered) {
    throw SshError(SshFault::EngineSocketRefused,
                   server_ + ": no engine behind the forwarding: ssh: " + last_line(program_->errors()));
  }
  co_return stream;
}

}  // namespace berth::docker
