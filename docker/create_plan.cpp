// SPDX-License-Identifier: Apache-2.0
#include "docker/create_plan.hpp"

#include "base/status.hpp"
#include "docker/field_gates.hpp"

namespace berth::docker {

using base::find_path;
using base::JsonObject;
using base::string_at;

namespace {

constexpr ApiVersion kEndpointMac{1, 44};       // the endpoint's MacAddress is read from here on
constexpr ApiVersion kSeveralEndpoints{1, 44};  // as are several endpoints at create

JsonObject* endpoints_of(Json& body) {
  Json* found = find_path(body, "NetworkingConfig.EndpointsConfig");
  return found != nullptr && found->is_object() && !found->as_object().empty() ? &found->as_object() : nullptr;
}

// The network that the container is created with: the one that NetworkMode names, else the first.
std::string primary_network(const Json& body, const JsonObject& endpoints) {
  const auto mode = string_at(body, "HostConfig.NetworkMode");
  return std::string(endpoints.contains(mode) ? mode : std::string_view(endpoints.begin()->key()));
}

// Newer engines ignore the container's MacAddress; they read the endpoint's.
void move_mac_to_endpoint(Json& body) {
  const std::string mac(string_at(body, "MacAddress"));
  if (mac.empty()) return;
  const std::string mode(string_at(body, "HostConfig.NetworkMode"));
  if (mode == "host" || mode == "none" || mode.starts_with("container:")) {
    refuse("MacAddress", "a container with network mode " + mode + " has no address of its own");
  }
  JsonObject* endpoints = endpoints_of(body);
  if (endpoints == nullptr) {
    const std::string network = mode.empty() || mode == "default" ? "bridge" : mode;
    base::make_path(body, "NetworkingConfig.EndpointsConfig")[network] = JsonObject{};
    endpoints = endpoints_of(body);
  }
  Json& settings = (*endpoints)[primary_network(body, *endpoints)];
  if (!settings.is_object()) settings = JsonObject{};
  if (string_at(settings, "MacAddress").empty()) settings.as_object()["MacAddress"] = mac;
  body.as_object().erase("MacAddress");
}

// Older engines ignore the endpoint's MacAddress; they read the container's, for its first network.
void move_mac_to_container(Json& body) {
  JsonObject* endpoints = endpoints_of(body);
  if (endpoints == nullptr) return;
  Json& settings = (*endpoints)[primary_network(body, *endpoints)];
  const std::string mac(string_at(settings, "MacAddress"));
  if (mac.empty()) return;
  settings.as_object().erase("MacAddress");
  body.as_object()["MacAddress"] = mac;
}

}  // namespace

CreatePlan plan_create(Json body, ApiVersion version) {
  CreatePlan plan;
  if (!body.is_object()) throw base::bad_request("the body of a create is no object");
  if (version >= kEndpointMac) {
    move_mac_to_endpoint(body);
  } else {
    move_mac_to_container(body);
  }
  if (JsonObject* endpoints = endpoints_of(body); endpoints != nullptr) {
    for (const auto& [name, settings] : *endpoints) {
      check_endpoint(settings, "NetworkingConfig.EndpointsConfig[" + std::string(name) + "]", version);
    }
    if (endpoints->size() > 1 && version < kSeveralEndpoints) {
      const std::string first = primary_network(body, *endpoints);
      JsonObject kept{{first, (*endpoints)[first]}};
      for (auto& [name, settings] : *endpoints) {
        if (name != first) plan.connect_after.emplace_back(name, settings);
      }
      *endpoints = std::move(kept);
    }
  }
  plan.body = std::move(body);
  return plan;
}

}  // namespace berth::docker
