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

}  // namespace

void check_metadata(const Kind& kind, const Json& object, Causes& causes) {
  if (kind.answered) return;  // a question has no name
  const std::string_view name = base::string_at(object, "metadata.name");
  if (!name.empty()) {
    const std::string_view why = kind.schema->marks->name_format->check(name);
    if (!why.empty()) causes.invalid("metadata.name", Json(name), why);
  } else if (is_absent_or_empty(object, "metadata.name")) {
    causes.required("metadata.name", "name or generateName is required");
  }
  const std::string_view ns = base::string_at(object, "metadata.namespace");
  if (kind.namespaced && is_absent_or_empty(object, "metadata.namespace")) causes.required("metadata.namespace");
  if (!kind.namespaced && !ns.empty()) causes.forbidden("metadata.namespace", "not allowed on this type");
  const Json* owners = base::find_path(object, "metadata.ownerReferences");
  if (!owners || !owners->is_array()) return;
  const auto manages = [](const Json& owner) { return base::bool_at(owner, "controller"); };
  if (std::count_if(owners->get_array().begin(), owners->get_array().end(), manages) > 1) {
    causes.invalid("metadata.ownerReferences", *owners, "Only one reference can have Controller set to true");
  }
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
