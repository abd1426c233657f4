// SPDX-License-Identifier: Apache-2.0
#include "docker/openssh_arguments.hpp"

#include <algorithm>

namespace berth::docker {

namespace {

constexpr const char* kSsh = "/usr/bin/ssh";
constexpr const char* kKeyScan = "/usr/bin/ssh-keyscan";
// Nothing of the machine's configuration, no question to anybody, nothing but what it is there for. A server that is
// silent for nine seconds is given up, as the built-in client gives up one that acknowledges nothing for ten.
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
                                    "PermitLocalCommand=no",
                                    "CanonicalizeHostname=no",
                                    "ExitOnForwardFailure=yes",
                                    "StreamLocalBindMask=0177",
                                    "ControlPersist=no",
                                    "ServerAliveInterval=3",
                                    "ServerAliveCountMax=2",
                                    "ConnectTimeout=10",
                                    "LogLevel=INFO"};

// ssh reads colons, tokens and variables in the path of a forwarding.
void check_path(const std::string& path) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '.' ||
           c == '_' || c == '-' || c == '+' || c == '@' || c == ',';
  };
  if (!path.starts_with('/') || !std::all_of(path.begin(), path.end(), plain)) {
    throw SshError(SshFault::ProtocolError,
                   "transport OpenSSH takes an engineSocket of letters, digits "
                   "and /._-+@, only");
  }
}

}  // namespace

std::vector<std::string> jump_purpose(const std::string& control) {
  return {"-o", "ControlMaster=yes", "-o", "ControlPath=" + control};
}

std::vector<std::string> engine_purpose(const std::string& here, const std::string& engine_socket) {
  check_path(engine_socket);
  return {"-o", "ControlMaster=no", "-o", "ControlPath=none", "-L", here + ":" + engine_socket};
}

std::vector<std::string> openssh_arguments(const SshServer& server, const OpensshRoute& route) {
  std::vector<std::string> arguments{kSsh, "-F", "none", "-N", "-T", "-a", "-x"};
  for (const char* option : kOptions) arguments.insert(arguments.end(), {"-o", option});
  // "-" is no command: the standard streams are the connection.
  const bool connected = route.way == OpensshRoute::Way::StandardStreams;
  arguments.insert(arguments.end(),
                   {"-o", connected ? "ProxyCommand=-" : "ProxyCommand=none", "-o",
                    "UserKnownHostsFile=" + route.folder + "/known_hosts", "-o", "HostKeyAlias=" + known_name(server),
                    "-o", "IdentityAgent=" + route.folder + "/agent"});
  arguments.insert(arguments.end(), route.purpose.begin(), route.purpose.end());
  arguments.insert(arguments.end(), {"-p", std::to_string(server.port), "-l", server.user, "--", server.address});
  return arguments;
}

std::vector<std::string> keyscan_arguments(const std::string& address, std::uint16_t port) {
  return {kKeyScan, "-T", "10", "-p", std::to_string(port), "--", address};
}

std::string known_name(const SshServer& server) {
  return server.port == 22 ? server.address : "[" + server.address + "]:" + std::to_string(server.port);
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

std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const std::size_t begin = text.find_last_of("\r\n");
  return begin == std::string::npos ? text : text.substr(begin + 1);
}

}  // namespace berth::docker
