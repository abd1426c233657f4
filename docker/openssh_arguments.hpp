// SPDX-License-Identifier: Apache-2.0
#pragma once
// How the system's ssh is called, and what it says when it gives up. Pure.
#include <string>
#include <string_view>
#include <vector>

#include "docker/ssh_login.hpp"

namespace berth::docker {

// How ssh gets to a server, and what it does there.
struct OpensshRoute {
  enum class Way { Network, StandardStreams };  // the latter are connected with the server already
  Way way = Way::Network;
  std::string folder;                // private: holds the files "agent" and "known_hosts"
  std::vector<std::string> purpose;  // jump_purpose() or engine_purpose()
};
// Other programs connect through it, by its control socket `control`, which is there once it is logged in.
std::vector<std::string> jump_purpose(const std::string& control);
// The engine's socket is brought to `here`, which is there once it is logged in. Throws SshError ProtocolError for one
// whose path ssh would read otherwise.
std::vector<std::string> engine_purpose(const std::string& here, const std::string& engine_socket);
// ssh's arguments, of which none is made of anything but whole words of the spec.
std::vector<std::string> openssh_arguments(const SshServer& server, const OpensshRoute& route);
// Those of ssh-keyscan.
std::vector<std::string> keyscan_arguments(const std::string& address, std::uint16_t port);
// What known_hosts calls a server.
std::string known_name(const SshServer& server);

// The fault in ssh's words.
SshFault openssh_fault(std::string_view words);
// Its last words: those before them repeat with each try, or are the server's banner.
std::string last_line(std::string text);

}  // namespace berth::docker
