// SPDX-License-Identifier: Apache-2.0
#pragma once
// What Docker takes: names, paths, addresses, modes.
#include <string_view>

namespace berth::schemas {

std::string_view check_absolute_path(std::string_view text);
std::string_view check_file_path(std::string_view text);
std::string_view check_relative_path(std::string_view text);
std::string_view check_file_mode(std::string_view text);
std::string_view check_engine_name(std::string_view text);
std::string_view check_engine_label(std::string_view text);
std::string_view check_network_alias(std::string_view text);
std::string_view check_hostname(std::string_view text);
std::string_view check_host_address(std::string_view text);
std::string_view check_host_port(std::string_view text);
std::string_view check_loopback_host_port(std::string_view text);
std::string_view check_extra_host(std::string_view text);
std::string_view check_expose(std::string_view text);
std::string_view check_ip(std::string_view text);
std::string_view check_ipv4(std::string_view text);
std::string_view check_ipv6(std::string_view text);
std::string_view check_cidr(std::string_view text);
std::string_view check_mac(std::string_view text);
std::string_view check_cpuset(std::string_view text);
std::string_view check_signal(std::string_view text);
std::string_view check_capability(std::string_view text);
std::string_view check_sysctl_name(std::string_view text);
std::string_view check_ssh_public_key(std::string_view text);

}  // namespace berth::schemas
