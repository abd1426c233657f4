// SPDX-License-Identifier: Apache-2.0
#pragma once
// Public keys that servers prove themselves with, pinned as known_hosts writes them without the host.
#include <string>
#include <string_view>
#include <vector>

namespace berth::docker {

struct SshHostKey {
  std::string type;  // "ssh-ed25519"
  std::string blob;  // as it goes over the wire; begins with the type

  // "ssh-ed25519 AAAA...": what spec.ssh.hostKeys takes.
  std::string line() const;
  // "SHA256:..." as ssh-keygen -l prints it.
  std::string fingerprint() const;
  bool operator==(const SshHostKey&) const = default;
};

// From the wire. Throws BadRequest for bytes that are no key.
SshHostKey host_key_from_blob(std::string_view blob);
// From a pinned line; a comment behind the key is ignored. Throws BadRequest.
SshHostKey host_key_from_line(std::string_view line);

// Key algorithms in the order to ask a server for: those of the pinned keys first, so that a server with several keys
// shows one that can be compared; then the rest of `known`, so that one whose key changed shows what it has now.
std::vector<std::string> order_key_types(const std::vector<SshHostKey>& pinned, const std::vector<std::string>& known);

}  // namespace berth::docker
