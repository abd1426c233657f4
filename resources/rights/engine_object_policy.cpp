// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/engine_object_policy.hpp"

#include <algorithm>
#include <array>

namespace berth::resources {
namespace {

using Found = std::vector<std::string>;

// Those of a network that say nothing of the host's links.
constexpr std::array<std::string_view, 6> kHarmlessOptions = {
    "com.docker.network.bridge.enable_icc",        "com.docker.network.bridge.enable_ip_masquerade",
    "com.docker.network.bridge.gateway_mode_ipv4", "com.docker.network.bridge.host_binding_ipv4",
    "com.docker.network.container_iface_prefix",   "com.docker.network.driver.mtu"};

std::vector<EngineName> prefixed(const char* path, const std::optional<std::string>& name) {
  const std::size_t cut = name ? name->find('_') : std::string::npos;
  if (cut == std::string::npos || cut == 0) return {};
  return {{path, *name, name->substr(0, cut)}};
}

}  // namespace

std::vector<std::string> violations(const WorkloadPolicy& policy, const schemas::NetworkSpec& spec) {
  Found found;
  if (policy.level == Level::Privileged) return found;
  if (spec.driver != "bridge" && spec.driver != "overlay") {
    found.push_back("host networks (spec.driver must be bridge or overlay, not " + spec.driver + ")");
  }
  for (const auto& [option, value] : spec.options) {
    const bool harmless = std::ranges::find(kHarmlessOptions, option) != kHarmlessOptions.end();
    if (!harmless) found.push_back("host networks (spec.options must not have " + option + ")");
  }
  // The engine takes the beginning of a network's id for its name.
  const std::string name = spec.network_name.value_or("");
  if (!name.empty() && name.find_first_not_of("0123456789abcdef") == std::string::npos) {
    found.push_back("networks (spec.networkName \"" + name + "\" may be the beginning of another network's id)");
  }
  return found;
}

std::vector<std::string> violations(const WorkloadPolicy& policy, const schemas::VolumeSpec& spec) {
  Found found;
  if (policy.level == Level::Privileged) return found;
  // A driver that is told to mount something of the host is a bind by another name, and a plugin may do anything.
  if (spec.driver != "local") found.push_back("binds (spec.driver must be local, not " + spec.driver + ")");
  if (!spec.driver_opts.empty()) found.emplace_back("binds (spec.driverOpts must not be set)");
  return found;
}

std::vector<EngineName> prefixed_names(const schemas::NetworkSpec& spec) {
  return prefixed("spec.networkName", spec.network_name);
}

std::vector<EngineName> prefixed_names(const schemas::VolumeSpec& spec) {
  return prefixed("spec.volumeName", spec.volume_name);
}

}  // namespace berth::resources
