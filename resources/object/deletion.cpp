// SPDX-License-Identifier: Apache-2.0
#include "resources/object/deletion.hpp"

#include <algorithm>

#include "resources/object/core_kinds.hpp"

namespace berth::resources {
namespace {

const base::JsonArray* list_at(const Json& object, std::string_view path) {
  const Json* list = base::find_path(object, path);
  return list != nullptr && list->is_array() ? &list->get_array() : nullptr;
}

bool holds_any(const Json& object, std::string_view path) {
  const base::JsonArray* list = list_at(object, path);
  return list != nullptr && !list->empty();
}

void set_finalizer(Json& object, std::string_view name, std::string_view policy, std::string_view wanted_by) {
  if (policy != wanted_by) {
    if (!policy.empty()) erase_finalizer(object, name);
    return;
  }
  if (has_finalizer(object, name)) return;
  Json& list = base::make_path(object, "metadata")["finalizers"];
  if (!list.is_array()) list.emplace_array();
  list.get_array().emplace_back(name);
}

}  // namespace

bool has_finalizer(const Json& object, std::string_view name) {
  const base::JsonArray* list = list_at(object, "metadata.finalizers");
  return list != nullptr && std::ranges::find(*list, Json(name)) != list->end();
}

bool erase_finalizer(Json& object, std::string_view name) {
  if (!has_finalizer(object, name)) return false;
  base::JsonObject& metadata = object.as_object()["metadata"].as_object();
  base::JsonArray rest;
  for (const Json& each : metadata["finalizers"].as_array()) {
    if (each != Json(name)) rest.push_back(each);
  }
  if (rest.empty()) {
    metadata.erase("finalizers");
  } else {
    metadata["finalizers"] = std::move(rest);
  }
  return true;
}

bool is_held(const Kind& kind, const Json& object) {
  return holds_any(object, "metadata.finalizers") || (is_namespace(kind) && holds_any(object, "spec.finalizers"));
}

void set_propagation(Json& object, std::string_view policy) {
  set_finalizer(object, kOrphanFinalizer, policy, "Orphan");
  set_finalizer(object, kForegroundFinalizer, policy, "Foreground");
}

}  // namespace berth::resources
