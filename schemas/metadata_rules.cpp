// SPDX-License-Identifier: Apache-2.0
#include "schemas/metadata_rules.hpp"

#include <algorithm>

#include "schemas/schema.hpp"

namespace berth::schemas {

namespace {

// False for a value of another type, which the schema has spoken of.
bool is_absent_or_empty(const Json& object, std::string_view path) {
  const Json* found = base::find_path(object, path);
  return !found || (found->is_string() && found->get_string().empty());
}

bool names_version(std::string_view version) {
  return std::count(version.begin(), version.end(), '/') <= 1 && !version.ends_with('/');
}

std::string named(const Json& owner) {
  return std::string(base::string_at(owner, "kind")).append("/").append(base::string_at(owner, "name"));
}

// Upstream's ValidateOwnerReferences, beyond what the schema says.
void check_owners(const Json& owners, Causes& causes) {
  std::string manager;
  for (std::size_t i = 0; i < owners.get_array().size(); ++i) {
    const Json& owner = owners.get_array()[i];
    const std::string at = "metadata.ownerReferences[" + std::to_string(i) + "]";
    const std::string_view version = base::string_at(owner, "apiVersion");
    if (!names_version(version)) {
      causes.invalid(at + ".apiVersion", Json(version), "must be <group>/<version> or <version>");
    }
    if (version == "v1" && base::string_at(owner, "kind") == "Event") {
      causes.invalid(at, owner, "/v1, Kind=Event is disallowed from being an owner");
    }
    if (!base::bool_at(owner, "controller")) continue;
    if (!manager.empty()) {
      causes.invalid("metadata.ownerReferences", owners,
                     "Only one reference can have Controller set to true. Found \"true\" in references for " + manager +
                         " and " + named(owner));
    } else {
      manager = named(owner);
    }
  }
}

}  // namespace

void check_metadata(const Kind& kind, const Json& object, Causes& causes) {
  if (kind.answered) return;  // a question has no name
  static const Json kNone = base::JsonObject();
  const Json* found = base::find_path(object, "metadata");
  const Json& metadata = found == nullptr ? kNone : *found;
  const std::string_view name = base::string_at(metadata, "name");
  if (!name.empty()) {
    const std::string_view why = kind.schema->marks->name_format->check(name);
    if (!why.empty()) causes.invalid("metadata.name", Json(name), why);
  } else if (is_absent_or_empty(metadata, "name")) {
    causes.required("metadata.name", "name or generateName is required");
  }
  const std::string_view ns = base::string_at(metadata, "namespace");
  if (kind.namespaced && is_absent_or_empty(metadata, "namespace")) causes.required("metadata.namespace");
  if (!kind.namespaced && !ns.empty()) causes.forbidden("metadata.namespace", "not allowed on this type");
  const Json* owners = base::find_path(metadata, "ownerReferences");
  if (!owners || !owners->is_array()) return;
  check_owners(*owners, causes);
}

void check_metadata_update(const Json& object, const Json& before, Causes& causes) {
  for (const char* path : {"metadata.name", "metadata.namespace"}) {
    const std::string_view now = base::string_at(object, path);
    if (now != base::string_at(before, path)) causes.invalid(path, Json(now), "field is immutable");
  }
  if (base::string_at(before, "metadata.deletionTimestamp").empty()) return;
  const Json* finalizers = base::find_path(object, "metadata.finalizers");
  if (!finalizers || !finalizers->is_array()) return;
  static const base::JsonArray kNone;
  const Json* held = base::find_path(before, "metadata.finalizers");
  const base::JsonArray& old = held && held->is_array() ? held->get_array() : kNone;
  for (const Json& finalizer : finalizers->get_array()) {
    if (std::find(old.begin(), old.end(), finalizer) != old.end()) continue;
    causes.forbidden("metadata.finalizers",
                     "no new finalizers can be added if the object is being deleted, found new finalizer " +
                         base::to_canonical(finalizer));
  }
}

}  // namespace berth::schemas
