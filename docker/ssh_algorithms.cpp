// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_algorithms.hpp"

#include <algorithm>

#include "docker/ssh_wire.hpp"

namespace berth::docker {

namespace {

constexpr std::uint8_t kKexInit = 20;
constexpr std::size_t kCookie = 16;
constexpr std::size_t kMostText = 200;

using Names = std::vector<std::string>;

bool share_any(const Names& ours, const Names& theirs) {
  return std::any_of(ours.begin(), ours.end(),
                     [&](const std::string& name) { return std::count(theirs.begin(), theirs.end(), name) > 0; });
}

std::optional<SshAlgorithms> read_offers(std::string_view packet) {
  SshReader outer(packet);
  const std::uint32_t length = outer.number();
  const std::uint8_t padding = outer.byte();
  if (!outer.ok() || length < padding + 1u) return std::nullopt;
  SshReader reader(outer.take(length - padding - 1));
  if (reader.byte() != kKexInit) return std::nullopt;
  reader.take(kCookie);
  SshAlgorithms offers;
  offers.exchange = reader.names();
  offers.host_key = reader.names();
  offers.cipher = reader.names();
  reader.names();  // the other direction's ciphers, which are the same at every server we know
  offers.mac = reader.names();
  if (!outer.ok() || !reader.ok()) return std::nullopt;
  return offers;
}

std::string printable(std::string_view line) {
  std::string text(line.substr(0, kMostText));
  std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

const SshAlgorithms& our_algorithms() {
  static const SshAlgorithms ours{{"curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256",
                                   "ecdh-sha2-nistp384", "ecdh-sha2-nistp521", "diffie-hellman-group16-sha512",
                                   "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256"},
                                  {"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"},
                                  {"aes128-ctr", "aes192-ctr", "aes256-ctr"},
                                  {"hmac-sha2-256", "hmac-sha2-512"}};
  return ours;
}

std::string join_names(const Names& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ",") + name;
  return joined;
}

SshGreeting read_greeting(std::string_view bytes) {
  SshGreeting greeting;
  while (greeting.version.empty() && !bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    std::string_view line = bytes.substr(0, end);
    while (line.ends_with('\r')) line.remove_suffix(1);
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    if (line.starts_with("SSH-")) {
      greeting.version = printable(line);
    } else if (greeting.text.empty()) {
      greeting.text = printable(line);
    }
  }
  if (!greeting.version.empty()) greeting.offers = read_offers(bytes);
  return greeting;
}

std::string describe_mismatch(const SshAlgorithms& offers) {
  const SshAlgorithms& ours = our_algorithms();
  std::string text;
  const auto compare = [&text](const char* what, const Names& mine, const Names& theirs) {
    if (share_any(mine, theirs)) return;
    text.append(text.empty() ? "" : ", ").append(what).append(" (the server has only " + join_names(theirs) + ")");
  };
  compare("key exchange", ours.exchange, offers.exchange);
  compare("host keys", ours.host_key, offers.host_key);
  compare("ciphers", ours.cipher, offers.cipher);
  compare("MACs", ours.mac, offers.mac);
  return text;
}

}  // namespace berth::docker
