// SPDX-License-Identifier: Apache-2.0
#include "resources/object/object_meta.hpp"

#include <algorithm>
#include <array>

#include "base/crypto.hpp"

namespace berth::resources {
namespace {

using base::JsonObject;

JsonObject& metadata_of(Json& object) { return object.as_object()["metadata"].as_object(); }
const JsonObject& metadata_of(const Json& object) { return object.as_object().at("metadata").as_object(); }

std::vector<std::string_view> finalizers_of(const Json& object) {
  std::vector<std::string_view> names;
  const Json* list = metadata_of(object).if_contains("finalizers");
  if (list == nullptr || !list->is_array()) return names;
  for (const Json& name : list->get_array()) {
    if (name.is_string()) names.push_back(name.get_string());
  }
  return names;
}

void carry_over(const JsonObject& before, JsonObject& metadata, std::string_view member) {
  if (const Json* value = before.if_contains(member)) {
    metadata[member] = *value;
  } else {
    metadata.erase(member);
  }
}

// Whether every member but the server's own is the same in both.
bool covers(const JsonObject& a, const JsonObject& b) {
  return std::ranges::all_of(a, [&b](const auto& member) {
    if (member.key() == "metadata" || member.key() == "status") return true;
    const Json* other = b.if_contains(member.key());
    return other != nullptr && base::json_equal(member.value(), *other);
  });
}

bool same_but(const JsonObject& a, const JsonObject& b, std::initializer_list<std::string_view> members) {
  const auto is_left_out = [members](std::string_view name) {
    return std::ranges::find(members, name) != members.end();
  };
  const auto is_in = [&](const JsonObject& others) {
    return [&](const auto& member) {
      if (is_left_out(member.key())) return true;
      const Json* other = others.if_contains(member.key());
      return other != nullptr && base::json_equal(member.value(), *other);
    };
  };
  const auto is_known = [&](const auto& member) { return is_left_out(member.key()) || a.contains(member.key()); };
  return std::ranges::all_of(a, is_in(b)) && std::ranges::all_of(b, is_known);
}

}  // namespace

void normalise_metadata(Json& object) {
  JsonObject& metadata = metadata_of(object);
  metadata.erase("managedFields");
  metadata.erase("selfLink");
  for (const std::string_view member : {"labels", "annotations"}) {
    Json* map = metadata.if_contains(member);
    if (map == nullptr || !map->is_object()) continue;
    for (auto& entry : map->get_object()) {
      if (entry.value().is_null()) entry.value() = "";
    }
  }
}

void stamp_new(Json& object, std::string_view ns, base::WallTime now) {
  JsonObject& metadata = metadata_of(object);
  for (const std::string_view member : {"deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion"}) {
    metadata.erase(member);
  }
  if (ns.empty()) {
    metadata.erase("namespace");
  } else {
    metadata["namespace"] = ns;
  }
  metadata.reserve(metadata.size() + 5);  // four here, and the finalizers
  metadata["uid"] = base::random_uuid();
  metadata["creationTimestamp"] = base::format_time(now);
  metadata["generation"] = 1;
}

void stamp_finalizers(const Kind& kind, Json& object) {
  if (kind.finalizers.empty()) return;
  Json& finalizers = metadata_of(object)["finalizers"];
  if (finalizers.is_null()) finalizers.emplace_array();
  if (!finalizers.is_array()) return;  // validation names it
  for (const std::string& name : kind.finalizers) {
    const auto present = finalizers_of(object);
    if (std::ranges::find(present, name) == present.end()) finalizers.get_array().emplace_back(name);
  }
}

void stamp_new_status(const Kind& kind, Json& object, base::WallTime now) {
  // A built-in kind that has one without a subresource for it takes it as sent.
  if (kind.built_in && !kind.has_status) return;
  object.as_object().erase("status");
  if (!kind.has_status || kind.built_in) return;
  JsonObject& status = base::make_path(object, "status");
  status["observedGeneration"] = 0;
  JsonObject& ready = status["conditions"].emplace_array().emplace_back(boost::json::object_kind).as_object();
  ready.reserve(5);
  ready["type"] = "Ready";
  ready["status"] = "Unknown";
  ready["reason"] = "Pending";
  ready["message"] = "waiting for its controller";
  ready["lastTransitionTime"] = base::format_time(now);
}

std::string generated_name(std::string_view base, std::string_view suffix) {
  constexpr std::size_t kMostBaseBytes = 58;
  return std::string(base.substr(0, kMostBaseBytes)).append(suffix);
}

std::string random_suffix() {
  // Upstream's: no vowels, nothing that looks like another letter. 27 letters: 243 of 256 values are used, evenly.
  constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  std::string suffix;
  while (suffix.size() < 5) {
    for (const char byte : base::random_bytes(8)) {
      const auto value = static_cast<unsigned char>(byte);
      if (value < 9 * kLetters.size() && suffix.size() < 5) suffix.push_back(kLetters[value % kLetters.size()]);
    }
  }
  return suffix;
}

void carry_over_metadata(const Json& before, Json& object) {
  const JsonObject& old = metadata_of(before);
  JsonObject& metadata = metadata_of(object);
  for (const std::string_view member : {"name", "namespace", "uid", "creationTimestamp", "generation"}) {
    carry_over(old, metadata, member);
  }
  if (!is_deleting(before)) return;
  carry_over(old, metadata, "deletionTimestamp");
  carry_over(old, metadata, "deletionGracePeriodSeconds");
}

std::vector<base::Cause> check_deletion_fields(const Json& before, const Json& object) {
  std::vector<base::Cause> causes;
  if (is_deleting(before)) return causes;
  for (const std::string_view member : {"deletionTimestamp", "deletionGracePeriodSeconds"}) {
    const Json* value = metadata_of(object).if_contains(member);
    if (value == nullptr) continue;
    causes.push_back({"FieldValueInvalid", "Invalid value: " + base::to_canonical(*value) + ": field is immutable",
                      "metadata." + std::string(member)});
  }
  return causes;
}

void raise_generation(const Json& before, Json& object) {
  if (!metadata_of(object).contains("generation")) return;
  if (covers(before.as_object(), object.as_object()) && covers(object.as_object(), before.as_object())) return;
  metadata_of(object)["generation"] = base::int_at(before, "metadata.generation") + 1;
}

bool same_but_managed_fields(const Json& a, const Json& b) {
  return same_but(metadata_of(a), metadata_of(b), {"managedFields", "resourceVersion"}) &&
         same_but(a.as_object(), b.as_object(), {"metadata"});
}

bool is_deleting(const Json& object) { return metadata_of(object).contains("deletionTimestamp"); }

bool has_finalizers(const Json& object) { return !finalizers_of(object).empty(); }

void mark_deleting(Json& object, base::WallTime now) {
  JsonObject& metadata = metadata_of(object);
  metadata["deletionTimestamp"] = base::format_time(now);
  metadata["deletionGracePeriodSeconds"] = 0;
  metadata["generation"] = base::int_at(object, "metadata.generation") + 1;
}

}  // namespace berth::resources
