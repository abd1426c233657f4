// SPDX-License-Identifier: Apache-2.0
#include "resources/workload_policy.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace berth::resources {
namespace {

using schemas::ContainerSpec;
using Found = std::vector<std::string>;

constexpr std::array<std::string_view, 13> kHarmlessCapabilities = {
    "AUDIT_WRITE",      "CHOWN",   "DAC_OVERRIDE", "FOWNER",  "FSETID", "KILL",      "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID",       "SETPCAP", "SETUID", "SYS_CHROOT"};

constexpr std::array<std::string_view, 12> kHarmlessSysctls = {
    "kernel.shm_rmid_forced",           "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",        "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",     "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",      "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",          "net.ipv4.tcp_wmem"};

constexpr std::array<std::string_view, 4> kContainerLabels = {"container_t", "container_init_t", "container_kvm_t",
                                                              "container_engine_t"};

template <class List>
bool has(const List& list, std::string_view wanted) {
  return std::ranges::find(list, wanted) != list.end();
}

std::string bare_capability(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return name.starts_with("CAP_") ? name.substr(4) : name;
}

// The path as the kernel walks it, symbolic links aside; "" for one that is not absolute.
std::string normal_path(std::string_view path) {
  const std::filesystem::path normal = std::filesystem::path(path).lexically_normal();
  if (!normal.is_absolute()) return "";
  std::string text = normal.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

bool is_below(const std::string& path, const std::string& prefix) {
  return path == prefix || prefix == "/" || (path.starts_with(prefix) && path[prefix.size()] == '/');
}

bool may_bind(const WorkloadPolicy& policy, std::string_view source) {
  const std::string path = normal_path(source);
  return !path.empty() &&
         std::ranges::any_of(policy.allowed_binds, [&](const std::string& prefix) { return is_below(path, prefix); });
}

// A volume whose driver is told to mount something of the host is a bind by another name.
bool is_disguised_bind(const schemas::ContainerMount& mount) {
  return mount.volume_options && !mount.volume_options->driver_opts.empty();
}

bool is_harmless_option(std::string_view option) {
  const std::size_t cut = option.find_first_of("=:");
  const std::string_view name = option.substr(0, cut);
  const std::string_view value = cut == std::string_view::npos ? "" : option.substr(cut + 1);
  if (name == "no-new-privileges") return true;
  if (name == "apparmor") return value != "unconfined";
  // A profile of the writer's own may allow everything.
  if (name == "seccomp") return value == "builtin";
  if (name != "label") return false;
  return value.starts_with("level:") || (value.starts_with("type:") && has(kContainerLabels, value.substr(5)));
}

void check_host_access(const ContainerSpec& spec, Found& found) {
  if (spec.privileged.value_or(false)) found.emplace_back("privileged (spec.privileged must not be true)");
  if (spec.network_mode == "host") found.emplace_back("host namespaces (spec.networkMode must not be host)");
  if (spec.pid) found.emplace_back("host namespaces (spec.pid must not be set)");
  if (spec.ipc == "host" || (spec.ipc && spec.ipc->starts_with("container:"))) {
    found.emplace_back("host namespaces (spec.ipc must not be host or another container's)");
  }
  if (spec.userns) found.emplace_back("host namespaces (spec.userns must not be set)");
  if (!spec.devices.empty()) found.emplace_back("devices (spec.devices must not be set)");
  if (spec.cgroup_parent) found.emplace_back("cgroup parent (spec.cgroupParent must not be set)");
}

void check_mounts(const WorkloadPolicy& policy, const ContainerSpec& spec, Found& found) {
  std::size_t index = 0;
  for (const schemas::ContainerMount& mount : spec.mounts) {
    const std::string at = "spec.mounts[" + std::to_string(index++) + "]";
    if (mount.type == "Bind" && !may_bind(policy, mount.source.value_or(""))) {
      found.push_back("binds (" + at + ".source \"" + mount.source.value_or("") + "\" must be below a path in the " +
                      "namespace's annotation " + std::string(kAllowedBinds) + ")");
    }
    if (is_disguised_bind(mount)) found.push_back("binds (" + at + ".volumeOptions.driverOpts must not be set)");
  }
}

void check_kernel(const ContainerSpec& spec, Found& found) {
  for (const std::string& option : spec.security_opt) {
    if (!is_harmless_option(option))
      found.push_back("security options (spec.securityOpt must not have " + option + ")");
  }
  for (const auto& [name, value] : spec.sysctls) {
    if (!has(kHarmlessSysctls, name)) found.push_back("sysctls (spec.sysctls must not have " + name + ")");
  }
}

void check_capabilities(const ContainerSpec& spec, Level level, Found& found) {
  for (const std::string& name : spec.cap_add) {
    const std::string bare = bare_capability(name);
    const bool harmless = level == Level::Restricted ? bare == "NET_BIND_SERVICE" : has(kHarmlessCapabilities, bare);
    if (!harmless) found.push_back("capabilities (spec.capAdd must not have " + name + ")");
  }
  if (level != Level::Restricted) return;
  const bool drops_all =
      std::ranges::any_of(spec.cap_drop, [](const auto& name) { return bare_capability(name) == "ALL"; });
  if (!drops_all) found.emplace_back("capabilities (spec.capDrop must have ALL)");
}

// A name says nothing about the uid behind it, and without a user it is the image's word.
bool runs_as_other_than_root(const ContainerSpec& spec) {
  const std::string user = spec.user.value_or("");
  const std::string uid = user.substr(0, user.find(':'));
  const bool number = !uid.empty() && std::ranges::all_of(uid, [](char c) { return c >= '0' && c <= '9'; });
  return number && uid.find_first_not_of('0') != std::string::npos;
}

void check_restricted(const ContainerSpec& spec, Found& found) {
  const bool no_gain = std::ranges::any_of(spec.security_opt, [](const std::string& option) {
    return option == "no-new-privileges" || option == "no-new-privileges:true" || option == "no-new-privileges=true";
  });
  if (!no_gain) found.emplace_back("privilege escalation (spec.securityOpt must have no-new-privileges:true)");
  if (!runs_as_other_than_root(spec)) found.emplace_back("root (spec.user must begin with a uid other than 0)");
}

}  // namespace

Level read_level(std::string_view label) {
  if (label == "privileged") return Level::Privileged;
  return label == "restricted" ? Level::Restricted : Level::Baseline;
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::Restricted:
      return "restricted";
    case Level::Baseline:
      return "baseline";
    case Level::Privileged:
      return "privileged";
  }
  return "";
}

std::vector<std::string> read_allowed_binds(std::string_view annotation) {
  std::vector<std::string> paths;
  while (!annotation.empty()) {
    const std::size_t comma = annotation.find(',');
    std::string_view each = annotation.substr(0, comma);
    while (each.starts_with(' ')) each.remove_prefix(1);
    while (each.ends_with(' ')) each.remove_suffix(1);
    if (std::string path = normal_path(each); !path.empty()) paths.push_back(std::move(path));
    if (comma == std::string_view::npos) break;
    annotation.remove_prefix(comma + 1);
  }
  return paths;
}

std::vector<std::string> violations(const WorkloadPolicy& policy, const ContainerSpec& spec) {
  Found found;
  if (policy.level == Level::Privileged) return found;
  check_host_access(spec, found);
  check_mounts(policy, spec, found);
  check_kernel(spec, found);
  check_capabilities(spec, policy.level, found);
  if (policy.level == Level::Restricted) check_restricted(spec, found);
  return found;
}

}  // namespace berth::resources
