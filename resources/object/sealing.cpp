// SPDX-License-Identifier: Apache-2.0
#include "resources/object/sealing.hpp"

#include <string>

#include "schemas/admit.hpp"

namespace berth::resources {
namespace {

using base::Json;

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
constexpr std::string_view kSealedPrefix = "berth:enc:";

std::string context_of(std::string_view key, const Json& object, std::string_view field) {
  std::string context(key);
  context.append("\n").append(base::string_at(object, "metadata.uid")).append("\n").append(field);
  return context;
}

Json* last_applied(Json& object) {
  Json* annotations = base::find_path(object, "metadata.annotations");
  if (annotations == nullptr || !annotations->is_object()) return nullptr;
  return annotations->get_object().if_contains(kLastApplied);
}

}  // namespace

bool has_sealed_fields(const schemas::Kind& kind) { return !schemas::sealed_fields(kind).empty(); }

bool has_stale_box(const schemas::Kind& kind, const store::KeyRing& keys, Json& object) {
  const auto is_stale = [&keys](const Json* box) {
    return box != nullptr && box->is_string() && box->get_string().starts_with(kSealedPrefix) &&
           !keys.is_current(box->get_string());
  };
  for (const std::string& field : schemas::sealed_fields(kind)) {
    if (is_stale(base::find_path(object, field))) return true;
  }
  return has_sealed_fields(kind) && is_stale(last_applied(object));
}

void seal_object(const schemas::Kind& kind, const store::KeyRing& keys, std::string_view key, Json& object) {
  for (const std::string& field : schemas::sealed_fields(kind)) {
    if (Json* value = base::find_path(object, field)) {
      *value = keys.seal(base::to_canonical(*value), context_of(key, object, field));
    }
  }
  if (Json* copy = last_applied(object); copy != nullptr && copy->is_string()) {
    *copy = keys.seal(copy->get_string(), context_of(key, object, kLastApplied));
  }
}

void open_object(const schemas::Kind& kind, const store::KeyRing& keys, std::string_view key, Json& object) {
  for (const std::string& field : schemas::sealed_fields(kind)) {
    Json* value = base::find_path(object, field);
    if (value != nullptr && value->is_string()) {
      *value = base::parse_json(keys.open_sealed(value->get_string(), context_of(key, object, field)));
    }
  }
  Json* copy = last_applied(object);
  if (copy != nullptr && copy->is_string() && copy->get_string().starts_with(kSealedPrefix)) {
    *copy = keys.open_sealed(copy->get_string(), context_of(key, object, kLastApplied));
  }
}

}  // namespace berth::resources
