// SPDX-License-Identifier: Apache-2.0
// A container of a Host as the manifest that would adopt it, by the port.
#include "api/handlers.hpp"
#include "resources/engine_view.hpp"

namespace berth::api {
namespace {

constexpr std::string_view kFields[] = {"kind", "apiVersion", "container", "namespace", "name"};

std::string text_of(const base::Json& body, const char* field) {
  const base::Json* value = base::find_path(body, field);
  if (value == nullptr) return "";
  if (!value->is_string()) throw base::bad_request(std::string(field) + ": must be a text");
  return std::string(value->get_string());
}

}  // namespace

base::Task<void> handle_adoption_manifest(Exchange& exchange) {
  const base::Json body = decode_body(exchange.request).value;
  if (!body.is_object()) throw base::bad_request("the body must be an object");
  for (const auto& [key, value] : body.get_object()) {
    if (std::ranges::find(kFields, std::string_view(key)) != std::end(kFields)) continue;
    throw base::bad_request("unknown field \"" + std::string(key) + "\"; there is: container, namespace, name");
  }
  resources::AdoptionRequest request;
  request.host = exchange.info.name;
  request.container = text_of(body, "container");
  request.ns = text_of(body, "namespace");
  request.name = text_of(body, "name");
  if (request.container.empty()) throw base::bad_request("container: Required value, the name or id on the engine");
  if (request.ns.empty()) request.ns = "default";
  base::Json answer =
      co_await exchange.services.resources.engines().port().adoption_manifest(exchange.caller, std::move(request));
  answer.as_object()["kind"] = "ContainerManifest";
  answer.as_object()["apiVersion"] = std::string(resources::kEngineGroup) + "/v1";
  co_await exchange.respond_json(200, base::to_canonical(answer));
}

}  // namespace berth::api
