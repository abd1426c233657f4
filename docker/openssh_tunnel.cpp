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
Task<std::vector<SshHostKey>> scan_keys(std::string address, std::uint16_t port) {
  const std::vector<std::string> arguments{kKeyScan, "-T", "10", "-p", std::to_string(port), "--", address};
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
Task<void> judge_keys(const SshServer& server, const std::string& address, std::uint16_t port) {
  const std::vector<SshHostKey> keys = co_await scan_keys(address, port);
  if (keys.empty()) throw SshError(SshFault::NoAnswer, server.name() + ": the server shows no host key");
  check_host_key(server, keys.front());
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

// One that is free now. Who takes it in between makes ssh fail, and the next try has another.
Task<std::uint16_t> free_port() { co_return base::listen_tcp(co_await base::this_loop(), "127.0.0.1:0")->port(); }

}  // namespace

std::vector<std::string> jump_forwards(std::uint16_t port, const SshServer& next, const std::string& up) {
  const bool numbers = next.address.find(':') != std::string::npos;
  const std::string address = numbers ? "[" + next.address + "]" : next.address;
  return {"127.0.0.1:" + std::to_string(port) + ":" + address + ":" + std::to_string(next.port), up + ":/nonexistent"};
}

std::vector<std::string> engine_forwards(const std::string& here, const std::string& engine_socket) {
  check_path(engine_socket);
  return {here + ":" + engine_socket};
}

std::vector<std::string> openssh_arguments(const SshServer& server, const OpensshRoute& route) {
  std::vector<std::string> arguments{kSsh, "-F", "none", "-N", "-T", "-a", "-x"};
  for (const char* option : kOptions) arguments.insert(arguments.end(), {"-o", option});
  arguments.insert(arguments.end(), {"-o", "UserKnownHostsFile=" + route.folder + "/known_hosts-" + route.mark, "-o",
                                     "HostKeyAlias=" + pattern_of(server), "-o",
                                     "IdentityAgent=" + route.folder + "/agent-" + route.mark});
  for (const std::string& forward : route.forwards) arguments.insert(arguments.end(), {"-L", forward});
  arguments.insert(arguments.end(), {"-p", std::to_string(route.port), "-l", server.user, "--", route.address});
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

struct OpensshTunnel::Hop {
  OpensshRoute route;
  std::string up;  // a socket that is there once it is up
};

OpensshTunnel::OpensshTunnel(std::string folder, std::string server)
    : folder_(std::move(folder)), server_(std::move(server)) {}

OpensshTunnel::~OpensshTunnel() {
  programs_.clear();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool OpensshTunnel::alive() {
  return std::none_of(programs_.begin(), programs_.end(), [](const auto& program) { return program->ended(); });
}

Task<std::unique_ptr<OpensshTunnel>> OpensshTunnel::open(std::vector<SshServer> chain, std::string engine_socket) {
  std::string folder = (std::filesystem::temp_directory_path() / "berth-ssh-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    throw SshError(SshFault::ClientFailed, "no private folder in " + folder);
  }
  std::unique_ptr<OpensshTunnel> tunnel(new OpensshTunnel(folder, chain.back().name()));
  OpensshRoute route{chain.front().address, chain.front().port, folder, "", {}};
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    const std::string up = folder + "/up-" + std::to_string(i);
    const std::uint16_t port = co_await free_port();
    route.mark = std::to_string(i);
    route.forwards = jump_forwards(port, chain[i + 1], up);
    co_await tunnel->add(chain[i], {route, up});
    route.address = "127.0.0.1";
    route.port = port;
  }
  route.mark = std::to_string(chain.size() - 1);
  route.forwards = engine_forwards(folder + "/engine", engine_socket);
  co_await tunnel->add(chain.back(), {route, folder + "/engine"});
  co_return tunnel;
}

Task<void> OpensshTunnel::add(const SshServer& server, Hop hop) {
  const OpensshRoute& route = hop.route;
  if (server.host_keys.empty()) co_await judge_keys(server, route.address, route.port);
  std::string known;
  for (const SshHostKey& key : server.host_keys) known += pattern_of(server) + " " + key.line() + "\n";
  base::write_private_file(folder_ + "/known_hosts-" + route.mark, known);
  SshSigner signer = co_await signer_of(server);
  SshAgent agent(co_await base::this_loop(), folder_ + "/agent-" + route.mark, std::move(signer));
  std::exception_ptr error;
  try {
    programs_.push_back(std::make_unique<OpensshProgram>(openssh_arguments(server, route), std::vector<std::string>{}));
    co_await wait_until_up(server, hop);
  } catch (...) {
    error = std::current_exception();
  }
  agent.cancel();
  co_await agent.join();
  if (error) std::rethrow_exception(error);
}

Task<void> OpensshTunnel::wait_until_up(const SshServer& server, Hop hop) {
  const auto end = steady_clock::now() + kUpLimit;
  while (!std::filesystem::exists(hop.up)) {
    if (programs_.back()->ended()) {
      const SshError failure = failure_of(server, programs_.back()->errors());
      if (failure.fault() == SshFault::HostKeyChanged) {
        co_await judge_keys(server, hop.route.address, hop.route.port);
      }
      throw failure;
    }
    if (steady_clock::now() >= end) {
      throw SshError(SshFault::NoAnswer,
                     server.name() + ": ssh does not get through in time: " + last_line(programs_.back()->errors()));
    }
    co_await base::sleep_for(kLook);
  }
}

// Behind a jump, ssh sees only that nobody answers; the jump's own ssh was told why.
SshError OpensshTunnel::failure_of(const SshServer& server, const std::string& words) const {
  const SshFault fault = openssh_fault(words);
  if (programs_.size() > 1 && fault == SshFault::ServerBusy) {
    const std::string before = programs_[programs_.size() - 2]->errors();
    if (before.find("open failed") != std::string::npos) {
      return {SshFault::ForwardingRefused,
              server.name() + ": not reached through the jump before it: ssh: " + last_line(before)};
    }
  }
  return {fault, server.name() + ": ssh: " + last_line(words)};
}

Task<base::StreamPtr> OpensshTunnel::connect(steady_clock::duration limit) {
  return base::connect_unix(folder_ + "/engine", limit);
}

Task<base::StreamPtr> OpensshTunnel::probe(steady_clock::duration limit) {
  base::StreamPtr stream = co_await connect(limit);
  const bool answered = co_await answers_ping(*stream, limit);
  if (!answered) {
    throw SshError(SshFault::EngineSocketRefused,
                   server_ + ": no engine behind the forwarding: ssh: " + last_line(programs_.back()->errors()));
  }
  co_return stream;
}

}  // namespace berth::docker
