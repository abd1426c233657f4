// SPDX-License-Identifier: Apache-2.0
#include "schemas/formats.hpp"

#include "base/clock.hpp"
#include "schemas/characters.hpp"
#include "schemas/engine_formats.hpp"
#include "schemas/name_formats.hpp"
#include "schemas/quantity.hpp"
#include "schemas/registry_formats.hpp"

namespace berth::schemas {

namespace {

std::string_view check_bytes(std::string_view text) {
  return parse_bytes(text) ? "" : "must be a whole number of bytes, such as 512Mi, 1G or 1048576";
}

std::string_view check_memory_swap(std::string_view text) {
  return text == "-1" || parse_bytes(text) ? "" : "must be a whole number of bytes, such as 1Gi, or -1";
}

std::string_view check_cpus(std::string_view text) {
  return parse_nano_cpus(text) ? "" : "must be a positive number of CPUs, such as \"1.5\" or 500m";
}

std::string_view check_duration(std::string_view text) {
  return parse_duration(text) ? "" : "must be a duration, such as 10s, 1m30s or 500ms";
}

std::string_view check_date_time(std::string_view text) {
  return base::parse_time(text) ? "" : "must be a time of RFC 3339, such as 2026-01-02T03:04:05Z";
}

std::string_view check_base64(std::string_view text) {
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const std::string_view body = text.substr(0, text.size() - padding);
  const bool right = text.size() % 4 == 0 && all_of(body, [](char c) { return is_alnum(c) || c == '+' || c == '/'; });
  return right ? "" : "must be base64 with padding";
}

std::string_view check_nothing(std::string_view) { return ""; }

constexpr Format kFormats[] = {
    {"absolute-path", check_absolute_path},
    {"annotation-key", check_qualified_name},
    {"any", check_nothing},  // of kinds that are never stored
    {"base64", check_base64},
    {"bytes", check_bytes},
    {"capability", check_capability},
    {"cidr", check_cidr},
    {"cpus", check_cpus},
    {"cpuset", check_cpuset},
    {"data-key", check_data_key},
    {"date-time", check_date_time},
    {"dns-label", check_dns_label},
    {"dns-subdomain", check_dns_subdomain},
    {"duration", check_duration},
    {"engine-label", check_engine_label},
    {"engine-name", check_engine_name},
    {"env-name", check_env_name},
    {"env-prefix", check_env_name, true},
    {"expose", check_expose},
    {"extra-host", check_extra_host},
    {"file-mode", check_file_mode},
    {"file-path", check_file_path},
    {"finalizer", check_qualified_name},
    {"host-address", check_host_address},
    {"host-port", check_host_port},
    {"hostname", check_hostname},
    {"image", check_image},
    {"ip", check_ip, true},
    {"ipv4", check_ipv4, true},
    {"ipv6", check_ipv6, true},
    {"label-key", check_qualified_name},
    {"label-value", check_label_value},
    {"loopback-host-port", check_loopback_host_port},
    {"mac", check_mac, true},
    {"memory-swap", check_memory_swap},
    {"name-prefix", check_name_prefix, true},
    {"namespace", check_dns_label, true},
    {"network-alias", check_network_alias},
    {"object-name", check_nothing},  // each kind has its own, x-berth-name-format: metadata's rules see to it
    {"path-segment", check_path_segment},
    {"pem-certificates", check_pem_certificates},
    {"registry-server", check_registry_server},
    {"relative-path", check_relative_path},
    {"signal", check_signal},
    {"ssh-public-key", check_ssh_public_key},
    {"sysctl-name", check_sysctl_name},
};

}  // namespace

const Format* find_format(std::string_view name) {
  for (const Format& format : kFormats) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

}  // namespace berth::schemas
