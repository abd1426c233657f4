// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_host_key.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/status.hpp"
#include "docker/ssh_wire.hpp"

namespace berth::docker {

std::string SshHostKey::line() const { return type + " " + base::to_base64(blob); }

std::string SshHostKey::fingerprint() const {
  std::string digest = base::to_base64(base::sha256(blob));
  while (digest.ends_with('=')) digest.pop_back();
  return "SHA256:" + digest;
}

SshHostKey host_key_from_blob(std::string_view blob) {
  SshReader reader(blob);
  const std::string_view type = reader.string();
  if (!reader.ok() || type.empty() || reader.at_end()) throw base::bad_request("these bytes are no SSH public key");
  return {std::string(type), std::string(blob)};
}

SshHostKey host_key_from_line(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) throw base::bad_request("a host key is its type and the key in base64");
  const std::string_view type = line.substr(0, space);
  std::string_view text = line.substr(space + 1);
  text = text.substr(0, text.find(' '));
  SshHostKey key = host_key_from_blob(base::from_base64(std::string(text)));
  if (key.type != type) {
    throw base::bad_request("a host key says it is " + std::string(type) + ", and its bytes that it is " + key.type);
  }
  return key;
}

std::vector<std::string> order_key_types(const std::vector<SshHostKey>& pinned, const std::vector<std::string>& known) {
  const auto is_pinned = [&pinned](const std::string& type) {
    return std::any_of(pinned.begin(), pinned.end(), [&type](const SshHostKey& key) { return key.type == type; });
  };
  std::vector<std::string> ordered;
  std::copy_if(known.begin(), known.end(), std::back_inserter(ordered), is_pinned);
  std::remove_copy_if(known.begin(), known.end(), std::back_inserter(ordered), is_pinned);
  return ordered;
}

}  // namespace berth::docker
