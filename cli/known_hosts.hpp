// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace berth::cli {

// The keys that a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT) has for a server, as "ssh-ed25519 AAAA...":
// plain, hashed, with patterns, with the port in brackets where it is not 22. Keys that the file marks as revoked for
// it are left out, certificate authorities are no keys of a server. A line that makes no sense is passed over.
std::vector<std::string> known_keys(std::string_view file, std::string_view address, std::uint16_t port);

}  // namespace berth::cli
