// SPDX-License-Identifier: Apache-2.0
#include "resources/built_in_rules.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "resources/object/core_kinds.hpp"
#include "resources/object/deletion.hpp"
#include "resources/rights/rbac_rules.hpp"

namespace berth::resources {
namespace {

// What is no string stays, so that validation can name it.
void merge_string_data(Json& secret) {
  Json* found = base::find_path(secret, "stringData");
  const Json* data = base::find_path(secret, "data");
  if (found == nullptr || !found->is_object() || (data != nullptr && !data->is_object())) return;
  const base::JsonObject plain = std::move(found->get_object());
  secret.get_object().erase("stringData");
  if (plain.empty()) return;
  base::make_path(secret, "data");
  for (const auto& entry : plain) {
    if (entry.value().is_string()) {
      base::make_path(secret, "data")[entry.key()] = base::to_base64(entry.value().get_string());
    } else {
      base::make_path(secret, "stringData")[entry.key()] = entry.value();
    }
  }
}

void complete_namespace(Json& object) {
  const Json name(base::string_at(object, "metadata.name"));
  Json* labels = base::find_path(object, "metadata.labels");
  if (labels == nullptr || labels->is_object()) {
    base::make_path(object, "metadata.labels")["kubernetes.io/metadata.name"] = name;
  }
  const bool ending = base::find_path(object, "metadata.deletionTimestamp") != nullptr;
  base::make_path(object, "status")["phase"] = ending ? "Terminating" : "Active";
}

}  // namespace

void admit_built_in(const Kind& kind, Json& object) {
  if (kind.built_in) base::make_path(object, "metadata").erase("generation");
  if (is_core_kind(kind, "Secret")) merge_string_data(object);
  if (is_namespace(kind)) complete_namespace(object);
  // No pointer in upstream's Go type, so it is always there.
  if (is_core_kind(kind, "Event")) {
    Json& about = object.as_object()["involvedObject"];
    if (about.is_null()) about.emplace_object();
  }
  complete_rbac(kind, object);
}

void begin_built_in(const Kind& kind, Json& object) {
  if (!is_namespace(kind)) return;
  Json& finalizers = base::make_path(object, "spec")["finalizers"];
  if (finalizers.is_null()) finalizers.emplace_array();
  if (!finalizers.is_array()) return;  // validation names it
  base::JsonArray& list = finalizers.get_array();
  if (std::ranges::find(list, Json(kNamespaceFinalizer)) == list.end()) list.emplace_back(kNamespaceFinalizer);
}

void carry_over_built_in(const Kind& kind, const Json& before, Json& object) {
  if (!is_namespace(kind)) return;
  base::JsonObject& spec = base::make_path(object, "spec");
  if (const Json* finalizers = base::find_path(before, "spec.finalizers")) {
    spec["finalizers"] = *finalizers;
  } else {
    spec.erase("finalizers");
  }
}

}  // namespace berth::resources
