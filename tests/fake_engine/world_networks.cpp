// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/fake_engine/world.hpp"

namespace berth::fake_engine {

using base::find_path;
using base::string_at;

namespace {

bool predefined(const std::string& name) { return name == "bridge" || name == "host" || name == "none"; }

void check_driver(const std::string& driver) {
  const auto known = {"", "bridge", "host", "null", "macvlan", "ipvlan", "overlay", "local"};
  if (std::find(known.begin(), known.end(), driver) == known.end()) {
    throw Refused{404, "plugin \"" + driver + "\" not found"};
  }
}

}  // namespace

const FakeNetwork* World::find_network(const std::string& key) const {
  if (const auto found = networks.find(key); found != networks.end()) return &found->second;
  for (const auto& [id, network] : networks) {
    if (network.name == key) return &network;
  }
  for (const auto& [id, network] : networks) {
    if (key.size() >= 4 && id.starts_with(key)) return &network;
  }
  return nullptr;
}

FakeNetwork* World::find_network(const std::string& key) {
  const FakeNetwork* found = std::as_const(*this).find_network(key);
  return found == nullptr ? nullptr : &networks.at(found->id);
}

FakeNetwork& World::network(const std::string& key) {
  const auto same =
      std::count_if(networks.begin(), networks.end(), [&key](const auto& entry) { return entry.second.name == key; });
  if (same > 1) {
    throw Refused{400, std::to_string(same) + " matches found based on name: network " + key + " is ambiguous"};
  }
  FakeNetwork* found = find_network(key);
  if (found == nullptr) throw Refused{404, "network " + key + " not found"};
  return *found;
}

std::string World::create_network(const Json& body, int minor) {
  const std::string name(string_at(body, "Name"));
  if (name.empty()) throw Refused{mistake(), "invalid network name"};
  check_driver(std::string(string_at(body, "Driver")));
  const bool refuse_duplicate = is_29() || minor >= 44 || base::bool_at(body, "CheckDuplicate");
  if (refuse_duplicate && find_network(name) != nullptr) {
    throw Refused{409, "network with name " + name + " already exists"};
  }
  FakeNetwork made;
  made.id = fresh_id();
  made.name = name;
  made.body = body;
  made.created = now_nano();
  made.subnet = "172." + std::to_string(next_subnet_++);
  if (next_subnet_ > 250) next_subnet_ = 18;
  made.subnet += ".0";
  if (const Json* config = find_path(body, "IPAM.Config");
      config != nullptr && config->is_array() && !config->as_array().empty()) {
    const std::string subnet(string_at(config->as_array()[0], "Subnet"));
    if (subnet.find('/') == std::string::npos) throw Refused{mistake(), "invalid subnet " + subnet};
    made.subnet = subnet.substr(0, subnet.rfind('.'));
  }
  const FakeNetwork& kept = networks.emplace(made.id, std::move(made)).first->second;
  raise(kept, "create");
  return kept.id;
}

void World::remove_network(const std::string& key) {
  FakeNetwork& target = network(key);
  if (predefined(target.name)) throw Refused{403, target.name + " is a pre-defined network and cannot be removed"};
  for (const auto& [id, container] : containers) {
    for (const auto& [name, endpoint] : container->endpoints) {
      if (endpoint.network == target.id && container->running()) {
        throw Refused{403, "error while removing network: network " + target.name + " id " + target.id +
                               " has active endpoints" + (is_29() ? " (name:\"" + container->name + "\")" : "")};
      }
    }
  }
  if (!target.lost.empty()) {
    throw Refused{
        403, "error while removing network: network " + target.name + " id " + target.id + " has active endpoints"};
  }
  raise(target, "destroy");
  networks.erase(target.id);
}

void World::connect_network(const std::string& key, const std::string& container_key, const Json& settings, int minor) {
  FakeContainer& target = container(container_key);
  const FakeNetwork* joined = find_network(key);
  // The network of a container that does not run is looked for at its start.
  if (joined == nullptr && target.running()) throw Refused{404, "network " + key + " not found"};
  const std::string name = joined == nullptr ? key : joined->name;
  if (target.endpoints.contains(name)) {
    throw Refused{403, "endpoint with name " + target.name + " already exists in network " + name};
  }
  const std::string mode(string_at(target.host_config, "NetworkMode"));
  if (mode == "host" || mode.starts_with("container:")) {
    throw Refused{409,
                  "container sharing network namespace with another container or host cannot be connected to "
                  "any other network"};
  }
  Endpoint endpoint;
  if (joined != nullptr) endpoint.network = joined->id;
  endpoint.settings = settings.is_object() ? settings : Json(JsonObject{});
  if (minor < 44) endpoint.settings.as_object().erase("MacAddress");
  if (minor < 48) endpoint.settings.as_object().erase("GwPriority");
  target.endpoints.emplace(name, std::move(endpoint));
  if (!target.running()) return;
  join_networks(target);
  raise(*joined, "connect", target.id);
}

void World::disconnect_network(const std::string& key, const std::string& container_key, Disconnect how) {
  FakeNetwork& left = network(key);
  if (how == Disconnect::Force && left.lost.erase(container_key) > 0) return;
  FakeContainer& target = container(container_key);
  if (!target.endpoints.contains(left.name)) {
    throw Refused{500, "container " + target.id + " is not connected to network " + left.name};
  }
  target.endpoints.erase(left.name);
  raise(left, "disconnect", target.id);
}

const std::string& World::create_volume(const Json& body) {
  check_driver(std::string(string_at(body, "Driver")));
  std::string name(string_at(body, "Name"));
  if (name.empty()) name = fresh_id();
  const auto [entry, made] = volumes.try_emplace(name, FakeVolume{body, now_nano()});
  // Other options are taken without a word; only another driver is not.
  const std::string driver(string_at(body, "Driver"));
  const std::string has(string_at(entry->second.body, "Driver"));
  if (!made && !driver.empty() && driver != (has.empty() ? "local" : has)) {
    throw Refused{409, "a volume named " + name + " already exists with the \"" + (has.empty() ? "local" : has) +
                           "\" driver. Choose a different volume name"};
  }
  if (made) events.raise("volume", "create", name, {{"driver", "local"}});
  return entry->first;
}

void World::remove_volume(const std::string& name) {
  if (!volumes.contains(name)) throw Refused{404, "get " + name + ": no such volume"};
  for (const auto& [id, container] : containers) {
    for (const auto& [path, anonymous] : container->anonymous_volumes) {
      if (anonymous == name) throw Refused{409, "remove " + name + ": volume is in use - [" + id + "]"};
    }
    const Json* mounts = find_path(container->host_config, "Mounts");
    if (mounts == nullptr || !mounts->is_array()) continue;
    for (const Json& mount : mounts->as_array()) {
      if (string_at(mount, "Source") == name) {
        throw Refused{409, "remove " + name + ": volume is in use - [" + id + "]"};
      }
    }
  }
  volumes.erase(name);
  events.raise("volume", "destroy", name, {{"driver", "local"}});
}

void World::raise(const FakeNetwork& of, const std::string& action, const std::string& container_id) {
  std::map<std::string, std::string> attributes{{"name", of.name}, {"type", std::string(string_at(of.body, "Driver"))}};
  if (attributes["type"].empty()) attributes["type"] = "bridge";
  if (!container_id.empty()) attributes["container"] = container_id;
  events.raise("network", action, of.id, std::move(attributes));
}

}  // namespace berth::fake_engine
