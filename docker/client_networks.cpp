// SPDX-License-Identifier: Apache-2.0
// Networks and volumes.
#include "base/status.hpp"
#include "docker/engine_client.hpp"
#include "docker/field_gates.hpp"

namespace berth::docker {

using base::JsonArray;
using base::JsonObject;
using base::Status;
using base::string_at;
using std::chrono::seconds;

namespace {

constexpr seconds kCreateLimit{60};  // an unknown driver takes the engine 15 s
constexpr seconds kCallLimit{30};

}  // namespace

Task<Json> EngineClient::list_networks() { return get("network_list", "/networks"); }

Task<Json> EngineClient::inspect_network(std::string id) { return get("network_inspect", path_of("networks", id)); }

Task<std::string> EngineClient::create_network(Json body) {
  co_await settle_version();
  check_network(body, api());
  // Below 1.44 names of networks are not unique unless this is asked for.
  body.as_object()["CheckDuplicate"] = true;
  const Json answer = co_await post("network_create", "/networks/create", boost::json::serialize(body), kCreateLimit);
  co_return std::string(string_at(answer, "Id"));
}

Task<void> EngineClient::remove_network(std::string id) { co_await remove("network_remove", path_of("networks", id)); }

Task<void> EngineClient::connect_network(std::string network, std::string container, Json endpoint) {
  co_await settle_version();
  check_endpoint(endpoint, "EndpointConfig", api());
  JsonObject body{{"Container", container}};
  if (endpoint.is_object()) body["EndpointConfig"] = std::move(endpoint);
  co_await post("network_connect", path_of("networks", network, "connect"), boost::json::serialize(body), kCallLimit);
}

Task<void> EngineClient::disconnect_network(std::string network, std::string container) {
  const JsonObject body{{"Container", container}, {"Force", false}};
  try {
    co_await post("network_disconnect", path_of("networks", network, "disconnect"), boost::json::serialize(body),
                  kCallLimit);
  } catch (const Status& status) {
    if (status.message().find("is not connected to") == std::string::npos) throw;
  }
}

Task<void> EngineClient::free_endpoint(std::string network, std::string container) {
  const JsonObject body{{"Container", container}, {"Force", true}};
  try {
    co_await post("network_disconnect", path_of("networks", network, "disconnect"), boost::json::serialize(body),
                  kCallLimit);
  } catch (const Status& status) {
    if (status.reason() != base::Reason::NotFound) throw;
  }
}

Task<Json> EngineClient::list_volumes() {
  const Json answer = co_await get("volume_list", "/volumes");
  const Json* volumes = base::find_path(answer, "Volumes");
  co_return volumes != nullptr && volumes->is_array() ? *volumes : Json(JsonArray{});
}

Task<Json> EngineClient::create_volume(Json body) {
  return post("volume_create", "/volumes/create", boost::json::serialize(body), kCreateLimit);
}

Task<void> EngineClient::remove_volume(std::string name) { co_await remove("volume_remove", path_of("volumes", name)); }

}  // namespace berth::docker
