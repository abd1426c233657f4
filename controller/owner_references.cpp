// SPDX-License-Identifier: Apache-2.0
#include "controller/owner_references.hpp"

namespace berth::controller {
namespace {

using base::Json;

base::JsonArray* references_of(Json& object) {
  Json* list = base::find_path(object, "metadata.ownerReferences");
  return list != nullptr && list->is_array() ? &list->get_array() : nullptr;
}

bool blocks(const Json& reference) {
  const Json* value = base::find_path(reference, "blockOwnerDeletion");
  return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace

std::vector<OwnerReference> owner_references(const Json& object) {
  std::vector<OwnerReference> owners;
  const Json* list = base::find_path(object, "metadata.ownerReferences");
  if (list == nullptr || !list->is_array()) return owners;
  for (const Json& each : list->get_array()) {
    owners.push_back({std::string(base::string_at(each, "apiVersion")), std::string(base::string_at(each, "kind")),
                      std::string(base::string_at(each, "name")), std::string(base::string_at(each, "uid")),
                      blocks(each)});
  }
  return owners;
}

bool drop_owners(Json& object, const std::set<std::string>& uids) {
  base::JsonArray* list = references_of(object);
  if (list == nullptr) return false;
  base::JsonArray rest;
  for (const Json& each : *list) {
    if (!uids.contains(std::string(base::string_at(each, "uid")))) rest.push_back(each);
  }
  if (rest.size() == list->size()) return false;
  if (rest.empty()) {
    base::make_path(object, "metadata").erase("ownerReferences");
  } else {
    *list = std::move(rest);
  }
  return true;
}

bool unblock_owners(Json& object) {
  base::JsonArray* list = references_of(object);
  bool changed = false;
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    Json& each = (*list)[i];
    if (!blocks(each)) continue;
    each.as_object()["blockOwnerDeletion"] = false;
    changed = true;
  }
  return changed;
}

}  // namespace berth::controller
