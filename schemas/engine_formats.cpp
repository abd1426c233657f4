// SPDX-License-Identifier: Apache-2.0
#include "schemas/engine_formats.hpp"

#include "schemas/characters.hpp"

namespace berth::schemas {

namespace {

bool has_control_character(std::string_view text) {
  return !all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

bool has_dot_dot(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

// "80" or "8000-8010".
bool is_port_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const long first = parse_number_up_to(text.substr(0, dash), 65535);
  if (first < 1) return false;
  return dash == std::string_view::npos || parse_number_up_to(text.substr(dash + 1), 65535) >= first;
}

}  // namespace

std::string_view check_absolute_path(std::string_view text) {
  if (!text.starts_with('/')) return "must be an absolute path";
  if (text.size() > 4095) return "must be no more than 4095 bytes";
  if (has_control_character(text)) return "must not contain control characters";
  return has_dot_dot(text) ? "must not contain '..'" : "";
}

std::string_view check_file_path(std::string_view text) {
  if (text.ends_with('/')) return "must be the path of a file, not of a folder";
  return check_absolute_path(text);
}

std::string_view check_relative_path(std::string_view text) {
  if (text.starts_with('/')) return "must be a relative path";
  if (has_control_character(text)) return "must not contain control characters";
  return has_dot_dot(text) ? "must not contain '..'" : "";
}

std::string_view check_file_mode(std::string_view text) {
  const bool right = text.size() >= 3 && text.size() <= 5 &&
                     all_of(text, [](char c) { return c >= '0' && c <= '7'; }) && (text.size() < 5 || text[0] == '0');
  return right ? "" : "must be permission bits in octal, such as \"0644\"";
}

std::string_view check_engine_name(std::string_view text) {
  const bool right = !text.empty() && text.size() <= 255 && is_alnum(text.front()) &&
                     all_of(text, [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
  return right ? ""
               : "must be a name of the engine: letters, digits, '_', '.' and '-', starting with a letter or digit";
}

std::string_view check_engine_label(std::string_view text) {
  if (text.empty()) return "must not be empty";
  if (text.starts_with("berth.dev/")) return "keys under berth.dev/ are Berth's own";
  return has_control_character(text) || text.find('=') != std::string_view::npos
             ? "must not contain '=' or control characters"
             : "";
}

std::string_view check_network_alias(std::string_view text) {
  const bool right = !text.empty() && is_alnum(text.front()) &&
                     all_of(text, [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
  return right ? "" : "must be letters, digits, '_', '.' and '-', starting with a letter or digit";
}

std::string_view check_hostname(std::string_view text) {
  constexpr std::string_view kBad = "must be letters, digits and '-' in parts joined by '.', with no '-' at an end";
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (part.empty() || !is_alnum(part.front()) || !is_alnum(part.back())) return kBad;
    if (!all_of(part, [](char c) { return is_alnum(c) || c == '-'; })) return kBad;
    if (dot == std::string_view::npos) return "";
    text.remove_prefix(dot + 1);
  }
}

std::string_view check_host_address(std::string_view text) {
  if (check_ip(text).empty()) return "";
  return text.size() <= 253 && check_hostname(text).empty() ? "" : "must be a host name or an IP address";
}

std::string_view check_host_port(std::string_view text) {
  constexpr std::string_view kBad = "must be host and port, such as 192.0.2.7:2376 or [2001:db8::7]:2376";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || parse_number_up_to(text.substr(colon + 1), 65535) < 1) return kBad;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    return check_ipv6(host.substr(1, host.size() - 2)).empty() ? "" : kBad;
  }
  return host.find(':') == std::string_view::npos && check_host_address(host).empty() ? "" : kBad;
}

std::string_view check_loopback_host_port(std::string_view text) {
  const std::string_view host = text.substr(0, text.rfind(':'));
  const bool near = host == "localhost" || host == "[::1]" || (host.starts_with("127.") && check_ipv4(host).empty());
  if (near) return check_host_port(text);
  return "must be on loopback (127.0.0.1, [::1] or localhost) without tlsSecretRef: who reaches an engine is root "
         "there";
}

std::string_view check_extra_host(std::string_view text) {
  constexpr std::string_view kBad = "must be name:address, such as db:192.0.2.7 or gateway:host-gateway";
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !check_network_alias(text.substr(0, colon)).empty()) return kBad;
  const std::string_view address = text.substr(colon + 1);
  return address == "host-gateway" || check_ip(address).empty() ? "" : kBad;
}

std::string_view check_expose(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view protocol = slash == std::string_view::npos ? "tcp" : text.substr(slash + 1);
  const bool known = protocol == "tcp" || protocol == "udp" || protocol == "sctp";
  return known && is_port_range(text.substr(0, slash)) ? ""
                                                       : "must be a port or a range, such as 80, 53/udp or 8000-8010";
}

std::string_view check_cpuset(std::string_view text) {
  constexpr std::string_view kBad = "must be a list of CPUs, such as 0-2 or 0,3";
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    const long first = parse_number_up_to(part.substr(0, dash), 65535);
    if (first < 0) return kBad;
    if (dash != std::string_view::npos && parse_number_up_to(part.substr(dash + 1), 65535) < first) return kBad;
    if (comma == std::string_view::npos) return "";
    text.remove_prefix(comma + 1);
  }
}

std::string_view check_signal(std::string_view text) {
  if (parse_number_up_to(text, 64) >= 1) return "";
  std::string_view name = text;
  if (name.starts_with("SIG")) name.remove_prefix(3);
  const bool right = !name.empty() && is_upper(name.front()) &&
                     all_of(name, [](char c) { return is_upper(c) || is_digit(c) || c == '+' || c == '-'; });
  return right ? "" : "must be a signal, such as SIGTERM or 15";
}

std::string_view check_capability(std::string_view text) {
  const bool right = !text.empty() && is_upper(text.front()) &&
                     all_of(text, [](char c) { return is_upper(c) || is_digit(c) || c == '_'; });
  return right ? "" : "must be a capability in upper case, such as NET_ADMIN or ALL";
}

std::string_view check_sysctl_name(std::string_view text) {
  const bool right = text.find('.') != std::string_view::npos && is_alnum(text.front()) && is_alnum(text.back()) &&
                     all_of(text, [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-' || c == '/'; });
  return right ? "" : "must be a kernel parameter, such as net.core.somaxconn";
}

std::string_view check_ssh_public_key(std::string_view text) {
  constexpr std::string_view kBad = "must be a key type and the key in base64, such as ssh-ed25519 AAAA...";
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return kBad;
  const std::string_view type = text.substr(0, space);
  std::string_view key = text.substr(space + 1);
  key = key.substr(0, key.find(' '));
  const bool known = type.starts_with("ssh-") || type.starts_with("ecdsa-sha2-") || type.starts_with("sk-");
  const bool base64 =
      key.starts_with("AAAA") && all_of(key, [](char c) { return is_alnum(c) || c == '+' || c == '/' || c == '='; });
  return known && base64 ? "" : kBad;
}

}  // namespace berth::schemas
