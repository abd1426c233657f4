// SPDX-License-Identifier: Apache-2.0
// A container that nobody manages as the Container that would adopt it.
#include <algorithm>

#include "base/run_on.hpp"
#include "reconcilers/container/adoption.hpp"
#include "reconcilers/container/container_definition.hpp"
#include "reconcilers/engine_port.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using base::string_at;
using base::Task;

// An object's name made of an engine's: lower case, other characters a dash, which neither begins nor ends it.
std::string object_name(std::string_view engine_name) {
  std::string name;
  for (const unsigned char c : engine_name) {
    const bool plain = std::isalnum(c) || c == '-' || c == '.';
    if (plain || (!name.empty() && name.back() != '-')) name += plain ? static_cast<char>(std::tolower(c)) : '-';
  }
  while (!name.empty() && !std::isalnum(static_cast<unsigned char>(name.back()))) name.pop_back();
  return name.empty() ? "container" : name;
}

// What a spec has no word for leaves it, and is named.
JsonArray take_unsaid(JsonObject& spec) {
  JsonArray unsaid;
  for (const auto& [key, value] : spec) {
    if (std::string_view(key).find('.') != std::string_view::npos) unsaid.push_back(Json(key));
  }
  for (const Json& key : unsaid) spec.erase(key.as_string());
  const Json* mode = spec.if_contains("networkMode");
  if (mode != nullptr && mode->is_string() && std::string_view(mode->get_string()).starts_with("container:")) {
    unsaid.push_back(Json("HostConfig.NetworkMode"));
    spec.erase("networkMode");
  }
  return unsaid;
}

Task<void> inspect_image(std::shared_ptr<docker::Engine> engine, std::string id, Json& image) {
  image = co_await engine->client().inspect_image(std::move(id));
}

// Of one that nobody manages a snapshot has no more than what is shown of it.
Task<void> know_whole(std::shared_ptr<docker::Engine> engine, std::string id) {
  co_await engine->refresh_container(std::move(id));
}

}  // namespace

Task<Json> DockerPort::adoption_manifest(resources::Caller caller, resources::AdoptionRequest request) {
  const std::shared_ptr<docker::Engine> engine = reach(request.host);
  const std::string id = inspect_container(request.host, request.container).id;
  co_await base::run_on(engine->loop(), know_whole(engine, id));
  const resources::EngineObject found = inspect_container(request.host, id);
  const std::string name(string_at(found.value, "Name").substr(1));
  if (!found.managed_by.empty()) {
    throw base::conflict("enginecontainers.engine.berth.dev", request.host + "." + request.container,
                         "it is managed by Container " + found.managed_by);
  }
  Json image;
  const std::string image_id(string_at(found.value, "Image"));
  co_await base::run_on(engine->loop(), inspect_image(engine, image_id, image));
  // Its environment may hold what is secret.
  co_await resources_.note_read(caller, schemas::Catalog::instance().by_name("Host"), "adopt", "", request.host);

  Json definition = definition_of(found.value, image);
  JsonObject& spec = definition.as_object();
  JsonArray unsaid = take_unsaid(spec);
  spec["host"] = request.host;
  spec["image"] = string_at(found.value, "Config.Image");
  if (JsonArray networks = networks_of(found.value); !networks.empty()) spec["networks"] = std::move(networks);
  if (request.name.empty()) request.name = object_name(name);
  if (engine_name(request.ns, request.name) != name) spec["containerName"] = name;
  const JsonObject metadata{
      {"name", request.name}, {"namespace", request.ns}, {"annotations", JsonObject{{kAdoptAnnotation, found.id}}}};
  const JsonObject manifest{
      {"apiVersion", "berth.dev/v1"}, {"kind", "Container"}, {"metadata", metadata}, {"spec", spec}};
  co_return JsonObject{{"manifest", manifest}, {"unsaid", std::move(unsaid)}};
}

}  // namespace berth::reconcilers
