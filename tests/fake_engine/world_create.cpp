// SPDX-License-Identifier: Apache-2.0
// The checks of POST /containers/create, as far as the two engines differ in them or clients meet them, and what
// a start takes: addresses and ports.
#include <boost/asio/ip/address.hpp>
#include <set>

#include "tests/fake_engine/world.hpp"

namespace berth::fake_engine {

using base::find_path;
using base::string_at;

namespace {

const JsonObject* object_at(const Json& value, std::string_view path) {
  const Json* found = find_path(value, path);
  return found != nullptr && found->is_object() ? &found->as_object() : nullptr;
}

bool valid_address(const std::string& text) {
  boost::system::error_code code;
  boost::asio::ip::make_address(text, code);
  return !code;
}

std::string joined_names(const JsonObject& endpoints) {
  std::string names;
  for (const auto& [name, settings] : endpoints) names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

}  // namespace

void World::check_create(const Json& body, int minor) const {
  if (!body.is_object())
    throw Refused{mistake(), "json: cannot unmarshal into Go value of type ContainerConfigWrapper"};
  const JsonObject* endpoints = object_at(body, "NetworkingConfig.EndpointsConfig");
  if (endpoints != nullptr && endpoints->size() > 1 && minor < 44) {
    throw Refused{400, std::string("Container cannot be ") + (is_29() ? "created with multiple" : "connected to") +
                           " network endpoints: " + joined_names(*endpoints)};
  }
  const std::string policy(string_at(body, "HostConfig.RestartPolicy.Name"));
  if (policy == "always" && base::int_at(body, "HostConfig.RestartPolicy.MaximumRetryCount") != 0) {
    throw Refused{400, "maximum retry count cannot be used with restart policy 'always'"};
  }
  if (const JsonObject* ports = object_at(body, "HostConfig.PortBindings"); ports != nullptr && is_29()) {
    for (const auto& [port, bindings] : *ports) {
      if (!bindings.is_array()) continue;
      for (const Json& binding : bindings.as_array()) {
        const std::string host(string_at(binding, "HostIp"));
        if (!host.empty() && !valid_address(host)) throw Refused{400, "invalid IP address: " + host};
      }
    }
  }
  if (const Json* mounts = find_path(body, "HostConfig.Mounts"); mounts != nullptr && mounts->is_array()) {
    for (const Json& mount : mounts->as_array()) check_mount(mount, minor);
  }
}

void World::check_mount(const Json& mount, int minor) const {
  const std::string type(string_at(mount, "Type"));
  if (type == "image" && minor < 48) {
    throw Refused{400, is_29() ? "image mount requires API v1.48 or later: needs API v1.48"
                               : "invalid mount config for type \"image\": mount type unknown: \"image\""};
  }
  // 20.10 drops the subpath and mounts the whole volume.
  if (!string_at(mount, "VolumeOptions.Subpath").empty() && minor < 45 && is_29()) {
    throw Refused{400, "VolumeOptions.Subpath needs API v1.45 or newer"};
  }
}

// A namespace of another container is bound to its id at the create, whatever it was called by.
void World::bind_namespaces(FakeContainer& target) const {
  for (const char* mode : {"NetworkMode", "PidMode", "IpcMode"}) {
    Json& value = target.host_config.as_object()[mode];
    if (!value.is_string() || !value.as_string().starts_with("container:")) continue;
    const std::string key = std::string(value.as_string()).substr(10);
    if (const FakeContainer* holder = find_container(key)) {
      value = "container:" + holder->id;
    } else if (mode != std::string_view("NetworkMode")) {
      throw Refused{400, "No such container: " + key};
    }
  }
}

void World::check_namespaces(const FakeContainer& target) const {
  for (const char* mode : {"NetworkMode", "PidMode", "IpcMode"}) {
    const std::string value(string_at(target.host_config, mode));
    if (!value.starts_with("container:")) continue;
    const FakeContainer* holder = find_container(value.substr(10));
    if (holder == nullptr) throw Refused{404, "No such container: " + value.substr(10)};
    if (!holder->running()) throw Refused{409, "cannot join network of a non running container: " + holder->id};
  }
}

// Each path that the image asks a volume for, and no mount of the create has, gets one without a name of its own.
void World::make_anonymous_volumes(FakeContainer& target, const FakeImage& image) {
  std::set<std::string> taken;
  if (const Json* mounts = find_path(target.host_config, "Mounts"); mounts != nullptr && mounts->is_array()) {
    for (const Json& mount : mounts->as_array()) taken.emplace(string_at(mount, "Target"));
  }
  for (const std::string& path : image.volumes) {
    if (taken.contains(path)) continue;
    const std::string name = fresh_id();
    create_volume(JsonObject{{"Name", name}});
    target.anonymous_volumes.emplace(path, name);
  }
}

void World::attach_at_create(FakeContainer& target, const Json& body, int minor) {
  const std::string mode(string_at(target.host_config, "NetworkMode"));
  if (mode.starts_with("container:")) return;
  const JsonObject* endpoints = object_at(body, "NetworkingConfig.EndpointsConfig");
  const auto add = [&](const std::string& name, const Json& settings) {
    Endpoint endpoint;
    if (const FakeNetwork* joined = find_network(name)) endpoint.network = joined->id;
    endpoint.settings = settings.is_object() ? settings : Json(JsonObject{});
    // Where the version reads the address from; the other place is ignored without a word.
    if (minor < 44) endpoint.settings.as_object().erase("MacAddress");
    if (minor < 48) endpoint.settings.as_object().erase("GwPriority");
    if (const auto mac = string_at(body, "MacAddress"); !mac.empty() && minor < 52) {
      endpoint.settings.as_object()["MacAddress"] = mac;
    }
    target.endpoints.emplace(name, std::move(endpoint));
  };
  if (endpoints != nullptr && !endpoints->empty()) {
    for (const auto& [name, settings] : *endpoints) add(name, settings);
  } else {
    add(mode == "default" ? "bridge" : mode, Json(JsonObject{}));
  }
}

void World::join_networks(FakeContainer& target) {
  for (auto& [name, endpoint] : target.endpoints) {
    FakeNetwork* joined = endpoint.network.empty() ? find_network(name) : find_network(endpoint.network);
    if (joined == nullptr) throw Refused{404, "network " + name + " not found"};
    endpoint.network = joined->id;
    if (endpoint.endpoint_id.empty()) endpoint.endpoint_id = fresh_id();
    const std::string fixed(string_at(endpoint.settings, "IPAMConfig.IPv4Address"));
    if (!fixed.empty()) {
      endpoint.address = fixed;
    } else if (endpoint.address.empty() && !joined->subnet.empty()) {
      endpoint.address = joined->subnet + "." + std::to_string(joined->next_address++);
    }
  }
}

void World::leave_networks(FakeContainer& target) {
  for (auto& [name, endpoint] : target.endpoints) {
    endpoint.endpoint_id.clear();
    endpoint.address.clear();
    if (const FakeNetwork* left = find_network(endpoint.network)) raise(*left, "disconnect", target.id);
  }
}

void World::check_ports_free(FakeContainer& target) {
  const JsonObject* wanted = object_at(target.host_config, "PortBindings");
  if (wanted == nullptr) return;
  std::set<std::string> taken;
  for (const auto& [id, other] : containers) {
    const JsonObject* bindings = object_at(other->host_config, "PortBindings");
    if (!other->running() || bindings == nullptr) continue;
    for (const auto& [port, list] : *bindings) {
      if (!list.is_array()) continue;
      const std::string_view protocol = std::string_view(port).substr(std::string_view(port).find('/') + 1);
      for (const Json& binding : list.as_array()) {
        taken.insert(std::string(string_at(binding, "HostPort")) + "/" + std::string(protocol));
      }
    }
  }
  for (const auto& [port, list] : *wanted) {
    if (!list.is_array()) continue;
    const std::string key(port);
    for (const Json& binding : list.as_array()) {
      const std::string number(string_at(binding, "HostPort"));
      if (number.empty() || number == "0") {
        target.random_ports[key] = next_port_++;
      } else if (taken.contains(number + "/" + key.substr(key.find('/') + 1))) {
        throw Refused{500, (is_29() ? "failed to set up container networking: " : "") +
                               ("driver failed programming external connectivity on endpoint " + target.name + " (" +
                                target.id + "): Bind for 0.0.0.0:" + number + " failed: port is already allocated")};
      }
    }
  }
}

}  // namespace berth::fake_engine
