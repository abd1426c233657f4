// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/container_compare.hpp"

#include <algorithm>
#include <set>

#include "reconcilers/plan/container_body.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::JsonObject;
using schemas::ContainerSpec;

// Absent, null, "", 0 and -1 (no limit) are the same nothing.
bool is_limit(const Json* value) {
  if (!value) return false;
  if (const auto* text = value->if_string()) return !text->empty();
  if (const auto* number = value->if_int64()) return *number > 0;
  return false;
}

// Nothing is declared of swap, and the engine holds something else than its own default beside this memory limit.
bool has_other_swap(const JsonObject& limits, const Observed& seen) {
  if (!limits.contains("Memory") || limits.contains("MemorySwap") || !seen.keeps_swap_limits) return false;
  const std::int64_t has = base::int_at(*seen.inspect, "HostConfig.MemorySwap");
  return has != 0 && has != 2 * limits.at("Memory").as_int64();
}

void compare_policy(const ContainerSpec& spec, const Observed& seen, JsonObject& update) {
  const Json wanted = restart_policy(spec);
  std::string_view name = base::string_at(*seen.inspect, "HostConfig.RestartPolicy.Name");
  if (name.empty()) name = "no";
  const bool same = name == base::string_at(wanted, "Name") &&
                    base::int_at(*seen.inspect, "HostConfig.RestartPolicy.MaximumRetryCount") ==
                        base::int_at(wanted, "MaximumRetryCount");
  if (!same) update["RestartPolicy"] = wanted;
}

// Without those that nobody declared: the short id and the hostname, which the engine adds below 1.44, and the
// container's own name, by which it is found anyway and which docker compose makes an alias as well.
std::set<std::string> aliases_seen(const Json& endpoint, const Observed& seen, const std::set<std::string>& declared) {
  std::set<std::string> aliases;
  const Json* list = base::find_path(endpoint, "Aliases");
  if (!list || !list->is_array()) return aliases;
  const std::string hostname(base::string_at(*seen.inspect, "Config.Hostname"));
  for (const Json& alias : list->get_array()) {
    if (alias.is_string()) aliases.emplace(alias.get_string());
  }
  for (const std::string& own : {seen.short_id(), hostname, seen.name}) {
    if (!declared.contains(own)) aliases.erase(own);
  }
  return aliases;
}

bool endpoint_fits(const schemas::ContainerNetwork& wanted, const Json& endpoint, const Observed& seen) {
  const std::set<std::string> declared(wanted.aliases.begin(), wanted.aliases.end());
  return aliases_seen(endpoint, seen, declared) == declared &&
         base::string_at(endpoint, "IPAMConfig.IPv4Address") == wanted.ipv4_address.value_or("") &&
         base::string_at(endpoint, "IPAMConfig.IPv6Address") == wanted.ipv6_address.value_or("");
}

// It was on a network that is no more, and another has its name: the engine would refuse to start it. The engine's own
// networks have other ids after each of its starts, and are joined by name.
bool is_stale(const std::string& name, const Json& endpoint, const std::multimap<std::string, std::string>& networks) {
  const std::string_view on = base::string_at(endpoint, "NetworkID");
  if (on.empty() || name == "bridge" || !networks.contains(name)) return false;
  const auto [from, to] = networks.equal_range(name);
  return std::none_of(from, to, [on](const auto& network) { return network.second == on; });
}

// What the spec asks for, with the engine's default spelled out.
std::vector<schemas::ContainerNetwork> wanted_endpoints(const ContainerSpec& spec) {
  if (!spec.networks.empty()) return spec.networks;
  schemas::ContainerNetwork bridge;
  bridge.name = "bridge";
  return {bridge};
}

}  // namespace

JsonObject update_for(const ContainerSpec& spec, const Observed& seen) {
  JsonObject update;
  const JsonObject limits = resource_limits(spec);
  for (const auto& [field, wanted] : limits) {
    if (field == "MemorySwap" && !seen.keeps_swap_limits) continue;
    const Json* has = base::find_path(*seen.inspect, "HostConfig." + std::string(field));
    if (!has || !base::json_equal(*has, wanted)) update[field] = wanted;
  }
  // Memory above the stored memory-and-swap is refused unless both come; twice the memory is the engine's default.
  if (has_other_swap(limits, seen)) {
    update["Memory"] = limits.at("Memory");
    update["MemorySwap"] = 2 * limits.at("Memory").as_int64();
  } else if (update.contains("Memory") && !limits.contains("MemorySwap")) {
    update["MemorySwap"] = 2 * update.at("Memory").as_int64();
  } else if (update.contains("Memory")) {
    update["MemorySwap"] = limits.at("MemorySwap");
  }
  compare_policy(spec, seen, update);
  return update;
}

std::vector<std::string> surplus_limits(const ContainerSpec& spec, const Observed& seen) {
  const JsonObject limits = resource_limits(spec);
  std::vector<std::string> surplus;
  // The engine sets memory-and-swap by itself beside a memory limit, so that one is not asked about.
  for (const char* field :
       {"CpuPeriod", "CpuQuota", "CpusetCpus", "Memory", "MemoryReservation", "NanoCpus", "PidsLimit"}) {
    const Json* has = base::find_path(*seen.inspect, "HostConfig." + std::string(field));
    if (!limits.contains(field) && is_limit(has)) surplus.emplace_back(field);
  }
  return surplus;
}

bool policy_is_no(const Observed& seen) {
  const std::string_view name = base::string_at(*seen.inspect, "HostConfig.RestartPolicy.Name");
  return name.empty() || name == "no";
}

std::vector<NetworkChange> network_changes(const ContainerSpec& spec, const Observed& seen,
                                           const std::multimap<std::string, std::string>& networks) {
  using Type = NetworkChange::Type;
  std::vector<NetworkChange> changes;
  if (spec.network_mode || spec.container_ref) return changes;
  const Json* found = base::find_path(*seen.inspect, "NetworkSettings.Networks");
  static const JsonObject kNone;
  const JsonObject& has = found && found->is_object() ? found->get_object() : kNone;
  const auto wanted = wanted_endpoints(spec);
  for (const schemas::ContainerNetwork& network : wanted) {
    const std::string name = network.name.value_or("");
    const Json* endpoint = has.if_contains(name);
    if (endpoint && endpoint_fits(network, *endpoint, seen) && !is_stale(name, *endpoint, networks)) continue;
    if (endpoint) changes.push_back({Type::Disconnect, name, {}});
    changes.push_back({Type::Connect, name, endpoint_settings(network)});
  }
  for (const auto& [name, endpoint] : has) {
    const bool named = std::ranges::any_of(wanted, [&](const auto& one) { return one.name.value_or("") == name; });
    if (!named) changes.push_back({Type::Disconnect, std::string(name), {}});
  }
  return changes;
}

ContainerSpec without_aliases(ContainerSpec spec) {
  for (schemas::ContainerNetwork& network : spec.networks) network.aliases.clear();
  return spec;
}

std::vector<std::string> wanted_networks(const ContainerSpec& spec) {
  std::vector<std::string> names;
  for (const schemas::ContainerNetwork& network : spec.networks) names.push_back(network.name.value_or(""));
  return names;
}

}  // namespace berth::reconcilers
