// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a registry says when it wants to know who asks: WWW-Authenticate (RFC 9110, 11.6.1), and where a Bearer token
// is had (https://distribution.github.io/distribution/spec/auth/token/).
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::docker {

struct RegistryChallenge {
  std::string scheme;                         // in lower case: "basic", "bearer"
  std::map<std::string, std::string> values;  // names in lower case: realm, service, scope

  std::string value(const std::string& name) const;
};

// In the header's order. What cannot be read ends the list: a challenge that is half understood is none.
std::vector<RegistryChallenge> parse_challenges(std::string_view header);

// The parts of an absolute http or https URL.
struct WebAddress {
  bool tls = true;
  std::string host;  // an IPv6 address without its brackets
  std::uint16_t port = 443;
  std::string target;  // path and query

  // For the Host header, and for people.
  std::string authority() const;
};
// Nothing for what is no such URL, or names a user.
std::optional<WebAddress> parse_web_address(std::string_view url);
// "ghcr.io", "registry:5000", "[::1]:5000": a registry's own address. `tls` decides the port that is not written.
enum class Transport { Tls, Plain };
std::optional<WebAddress> registry_address(std::string_view server, Transport transport);

}  // namespace berth::docker
