// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/workload_policy.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

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

// Logging options whose value is a file that the engine reads, absolute or not.
constexpr std::array<std::string_view, 4> kLogFiles = {"syslog-tls-ca-cert", "syslog-tls-cert", "syslog-tls-key",
                                                       "splunk-capath"};
// Those whose value may begin as a path does and is none.
constexpr std::array<std::string_view, 3> kLogNames = {"awslogs-group", "awslogs-stream", "tag"};

// What Go's strconv.ParseBool takes for true, as the engine does.
constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "true", "TRUE", "True"};

constexpr std::array<std::string_view, 4> kContainerLabels = {"container_t", "container_init_t", "container_kvm_t",
                                                              "container_engine_t"};

template <class List>
bool has(const List& list, std::string_view wanted) {
  return std::ranges::find(list, wanted) != list.end();
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
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

// Of what the kernel takes beside a name (":namespace:name", "one//&another"), of blanks that are cut somewhere below,
// nothing: a plain name, and not the one that is no profile.
bool is_profile(std::string_view name) {
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == '/';
  });
  return plain && !name.empty() && lower(std::string(name)) != "unconfined";
}

struct SecurityOption {
  std::string_view name;
  std::optional<std::string_view> value;
};

// As the engine cuts it: at the first "=", and where there is none at the first ":".
SecurityOption read_option(std::string_view option) {
  std::size_t cut = option.find('=');
  if (cut == std::string_view::npos) cut = option.find(':');
  if (cut == std::string_view::npos) return {option, std::nullopt};
  return {option.substr(0, cut), option.substr(cut + 1)};
}

bool is_harmless_option(std::string_view option) {
  const SecurityOption read = read_option(option);
  const std::string_view name = read.name;
  const std::string_view value = read.value.value_or("");
  if (name == "no-new-privileges") return true;
  if (name == "apparmor") return is_profile(value);
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
  if (!spec.device_requests.empty()) found.emplace_back("devices (spec.deviceRequests must not be set)");
  if (spec.cgroup_parent) found.emplace_back("cgroup parent (spec.cgroupParent must not be set)");
  if (!spec.runtime.value_or("").empty()) found.emplace_back("runtime (spec.runtime must not be set)");
  // They tell the runtime what to do beside the rest of the spec: systemd properties, hooks, devices, CRIU's options.
  if (!spec.annotations.empty()) found.emplace_back("runtime (spec.annotations must not be set)");
  if (spec.oom_score_adj.value_or(0) < 0) {
    found.emplace_back("out-of-memory order (spec.oomScoreAdj must not be negative)");
  }
}

bool reaches_the_host(std::string_view option, std::string_view value) {
  if (has(kLogFiles, option)) return true;
  const std::string address = lower(std::string(value));
  const bool is_socket = address.starts_with("unix:") || address.starts_with("unixgram:");
  return is_socket || address.starts_with("file:") || (value.starts_with('/') && !has(kLogNames, option));
}

// The engine writes and reads there as root.
void check_logging(const ContainerSpec& spec, Found& found) {
  if (!spec.logging) return;
  for (const auto& [option, value] : spec.logging->options) {
    if (!reaches_the_host(option, value)) continue;
    found.push_back("logging (spec.logging.options must not have " + option + "=" + value +
                    ": a socket or a file of the host)");
  }
}

// The engine takes the beginning of a network's id for its name.
void check_networks(const ContainerSpec& spec, Found& found) {
  std::size_t index = 0;
  for (const schemas::ContainerNetwork& network : spec.networks) {
    const std::string at = "spec.networks[" + std::to_string(index++) + "].name";
    const std::string name = network.name.value_or("");
    if (name.empty() || name.find_first_not_of("0123456789abcdef") != std::string::npos) continue;
    found.push_back("networks (" + at + " \"" + name + "\" may be the beginning of another network's id)");
  }
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

// The engine takes the last of several, so all have to say so.
bool gains_no_privileges(const ContainerSpec& spec) {
  constexpr std::string_view kOption = "no-new-privileges";
  bool said = false;
  for (const std::string_view option : spec.security_opt) {
    const SecurityOption read = read_option(option);
    if (read.name != kOption) continue;
    if (read.value && !has(kTrue, *read.value)) return false;
    said = true;
  }
  return said;
}

void check_restricted(const ContainerSpec& spec, Found& found) {
  if (!gains_no_privileges(spec)) {
    found.emplace_back("privilege escalation (spec.securityOpt must have no-new-privileges:true, and no other value)");
  }
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

std::vector<EngineName> prefixed_names(const ContainerSpec& spec) {
  std::vector<EngineName> names;
  const auto look = [&names](std::string path, const std::optional<std::string>& name) {
    const std::size_t cut = name ? name->find('_') : std::string::npos;
    if (cut == std::string::npos || cut == 0) return;
    names.push_back({std::move(path), *name, name->substr(0, cut)});
  };
  look("spec.containerName", spec.container_name);
  for (std::size_t i = 0; i < spec.mounts.size(); ++i) {
    if (spec.mounts[i].type == "Volume") look("spec.mounts[" + std::to_string(i) + "].source", spec.mounts[i].source);
  }
  for (std::size_t i = 0; i < spec.networks.size(); ++i) {
    look("spec.networks[" + std::to_string(i) + "].name", spec.networks[i].name);
  }
  return names;
}

std::vector<std::string> violations(const WorkloadPolicy& policy, const ContainerSpec& spec) {
  Found found;
  if (policy.level == Level::Privileged) return found;
  check_host_access(spec, found);
  check_mounts(policy, spec, found);
  check_networks(spec, found);
  check_logging(spec, found);
  check_kernel(spec, found);
  check_capabilities(spec, policy.level, found);
  if (policy.level == Level::Restricted) check_restricted(spec, found);
  return found;
}

}  // namespace berth::resources
