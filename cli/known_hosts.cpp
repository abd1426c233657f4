// SPDX-License-Identifier: Apache-2.0
#include "cli/known_hosts.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "base/crypto.hpp"
#include "base/status.hpp"

namespace berth::cli {
namespace {

std::string_view next_word(std::string_view& line) {
  const std::size_t begin = line.find_first_not_of(" \t\r");
  line.remove_prefix(begin == std::string_view::npos ? line.size() : begin);
  const std::size_t end = line.find_first_of(" \t\r");
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(word.size());
  return word;
}

// `*` and `?`, as ssh has them.
bool matches_pattern(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (matches_pattern(text.substr(i), pattern.substr(1))) return true;
    }
    return false;
  }
  if (text.empty() || (pattern.front() != '?' && pattern.front() != text.front())) return false;
  return matches_pattern(text.substr(1), pattern.substr(1));
}

// "|1|salt|hash": HMAC-SHA1 of the name under the salt.
bool matches_hash(std::string_view name, std::string_view hashed) {
  const std::size_t bar = hashed.find('|', 3);
  if (bar == std::string_view::npos) return false;
  try {
    const std::string salt = base::from_base64(std::string(hashed.substr(3, bar - 3)));
    const std::string wanted = base::from_base64(std::string(hashed.substr(bar + 1)));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    ::HMAC(EVP_sha1(), salt.data(), static_cast<int>(salt.size()), reinterpret_cast<const unsigned char*>(name.data()),
           name.size(), digest.data(), &size);
    return wanted == std::string_view(reinterpret_cast<const char*>(digest.data()), size);
  } catch (const base::Status&) {
    return false;
  }
}

bool names_server(std::string_view hosts, std::string_view name) {
  if (hosts.starts_with("|1|")) return matches_hash(name, hosts);
  bool found = false;
  while (!hosts.empty()) {
    const std::size_t comma = hosts.find(',');
    std::string_view pattern = hosts.substr(0, comma);
    hosts.remove_prefix(comma == std::string_view::npos ? hosts.size() : comma + 1);
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    if (!matches_pattern(name, pattern)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

}  // namespace

std::vector<std::string> known_keys(std::string_view file, std::string_view address, std::uint16_t port) {
  std::string name(address);
  if (port != 22) name = "[" + name + "]:" + std::to_string(port);
  std::vector<std::string> keys;
  std::vector<std::string> revoked;
  while (!file.empty()) {
    std::string_view line = file.substr(0, file.find('\n'));
    file.remove_prefix(std::min(file.size(), line.size() + 1));
    std::string_view hosts = next_word(line);
    if (hosts.empty() || hosts.starts_with('#') || hosts == "@cert-authority") continue;
    const bool bad = hosts == "@revoked";
    if (bad) hosts = next_word(line);
    const std::string_view type = next_word(line);
    const std::string_view key = next_word(line);
    if (key.empty() || !key.starts_with("AAAA") || !names_server(hosts, name)) continue;
    (bad ? revoked : keys).push_back(std::string(type) + " " + std::string(key));
  }
  std::erase_if(keys, [&revoked](const std::string& key) {
    return std::find(revoked.begin(), revoked.end(), key) != revoked.end();
  });
  return keys;
}

}  // namespace berth::cli
