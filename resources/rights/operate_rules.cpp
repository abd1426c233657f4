// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/operate_rules.hpp"

#include <string>

namespace berth::resources {
namespace {

using base::Json;
using base::JsonObject;

constexpr const char* kSpecMembers[] = {"desiredState", "suspend"};
constexpr const char* kAnnotations[] = {"berth.dev/restartedAt", "berth.dev/redeployedAt", "berth.dev/stop"};

JsonObject* object_in(JsonObject& parent, std::string_view member) {
  Json* found = parent.if_contains(member);
  return found == nullptr ? nullptr : found->if_object();
}

Json without_actions(Json value) {
  JsonObject& object = value.as_object();
  if (JsonObject* spec = object_in(object, "spec")) {
    for (const char* member : kSpecMembers) spec->erase(member);
  }
  JsonObject& metadata = base::make_path(value, "metadata");
  for (const char* member : {"managedFields", "resourceVersion", "generation"}) metadata.erase(member);
  JsonObject* annotations = object_in(metadata, "annotations");
  if (annotations == nullptr) return value;
  for (const char* member : kAnnotations) annotations->erase(member);
  if (annotations->empty()) metadata.erase("annotations");
  return value;
}

// A set of fields that holds nothing but itself.
void erase_bare(JsonObject& parent, std::string_view member) {
  const JsonObject* fields = object_in(parent, member);
  if (fields == nullptr || fields->size() > 1) return;
  if (fields->empty() || fields->contains(".")) parent.erase(member);
}

// The same of the fields that a manager owns (fieldsV1).
void erase_actions(JsonObject& fields) {
  if (JsonObject* spec = object_in(fields, "f:spec")) {
    for (const char* member : kSpecMembers) spec->erase(std::string("f:") + member);
    erase_bare(fields, "f:spec");
  }
  JsonObject* metadata = object_in(fields, "f:metadata");
  if (metadata == nullptr) return;
  if (JsonObject* annotations = object_in(*metadata, "f:annotations")) {
    for (const char* member : kAnnotations) annotations->erase(std::string("f:") + member);
    erase_bare(*metadata, "f:annotations");
  }
  erase_bare(fields, "f:metadata");
}

// What appliers own besides what acts, by manager and subresource.
JsonObject applied_fields(const Json& managed_fields) {
  JsonObject owned;
  if (!managed_fields.is_array()) return owned;
  for (const Json& entry : managed_fields.get_array()) {
    if (base::string_at(entry, "operation") != "Apply") continue;
    const Json* fields = base::find_path(entry, "fieldsV1");
    if (fields == nullptr || !fields->is_object()) continue;
    JsonObject left = fields->get_object();
    erase_actions(left);
    if (left.empty()) continue;
    std::string who(base::string_at(entry, "manager"));
    who.append("\n").append(base::string_at(entry, "subresource"));
    owned[who] = std::move(left);
  }
  return owned;
}

Json managed_in(const Json& object) {
  const Json* managed = base::find_path(object, "metadata.managedFields");
  return managed == nullptr ? Json() : *managed;
}

}  // namespace

bool has_actions(std::string_view group, std::string_view plural) {
  return group == "berth.dev" && (plural == "containers" || plural == "composestacks");
}

std::string_view beyond_operate(const schemas::Kind& kind, const OperatedWrite& write) {
  if (!has_actions(kind.group, kind.plural)) return "the kind has nothing to operate";
  if (!base::json_equal(without_actions(write.object), without_actions(write.before))) {
    return "operate reaches only desiredState, suspend and the annotations that act";
  }
  const Json before = managed_in(write.before);
  if (write.sent && !write.sent->is_null() && !base::json_equal(*write.sent, before)) {
    return "operate does not reach metadata.managedFields";
  }
  if (!write.after_apply) return "";
  const Json after = write.after_apply->empty() ? Json() : base::parse_json(*write.after_apply);
  if (base::json_equal(Json(applied_fields(before)), Json(applied_fields(after)))) return "";
  return "operate applies only desiredState, suspend and the annotations that act";
}

}  // namespace berth::resources
