// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <cstring>

#include "schemas/characters.hpp"
#include "schemas/engine_formats.hpp"

namespace berth::schemas {

namespace {

bool parses_as(int family, std::string_view text) {
  char copy[INET6_ADDRSTRLEN];
  unsigned char address[sizeof(in6_addr)];
  if (text.empty() || text.size() >= sizeof(copy)) return false;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  // inet_pton stops at a zero byte; the text must not hold one.
  return std::strlen(copy) == text.size() && inet_pton(family, copy, address) == 1;
}

}  // namespace

std::string_view check_ipv4(std::string_view text) {
  return parses_as(AF_INET, text) ? "" : "must be a valid IPv4 address, such as 192.0.2.7";
}

std::string_view check_ipv6(std::string_view text) {
  return parses_as(AF_INET6, text) ? "" : "must be a valid IPv6 address, such as 2001:db8::7";
}

std::string_view check_ip(std::string_view text) {
  const bool right = parses_as(AF_INET, text) || parses_as(AF_INET6, text);
  return right ? "" : "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
}

std::string_view check_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const long most = parses_as(AF_INET, address) ? 32 : parses_as(AF_INET6, address) ? 128 : -1;
  const bool right = slash != std::string_view::npos && parse_number_up_to(text.substr(slash + 1), most) >= 0;
  return right ? "" : "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
}

std::string_view check_mac(std::string_view text) {
  bool right = text.size() == 17;
  for (std::size_t i = 0; right && i < text.size(); ++i) right = i % 3 == 2 ? text[i] == ':' : is_hex(text[i]);
  return right ? "" : "must be a MAC address, such as 02:42:ac:11:00:02";
}

}  // namespace berth::schemas
