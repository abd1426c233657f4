// SPDX-License-Identifier: Apache-2.0
#include "cli/three_way_patch.hpp"

#include "base/status.hpp"

namespace berth::cli {
namespace {

using base::Json;
using base::JsonObject;

// What `to` adds or changes against `from`; never a deletion.
JsonObject additions(const JsonObject& from, const JsonObject& to) {
  JsonObject patch;
  for (const auto& [key, value] : to) {
    const Json* before = from.if_contains(key);
    if (before != nullptr && before->is_object() && value.is_object()) {
      JsonObject inner = additions(before->get_object(), value.get_object());
      if (!inner.empty()) patch[key] = std::move(inner);
    } else if (before == nullptr ? !value.is_null() : !base::json_equal(*before, value)) {
      if (!value.is_null()) patch[key] = value;
    }
  }
  return patch;
}

// A null for each field of `from` that `to` leaves out, or sets to null.
JsonObject deletions(const JsonObject& from, const JsonObject& to) {
  JsonObject patch;
  for (const auto& [key, value] : from) {
    const Json* after = to.if_contains(key);
    if (after == nullptr || after->is_null()) {
      patch[key] = nullptr;
    } else if (value.is_object() && after->is_object()) {
      JsonObject inner = deletions(value.get_object(), after->get_object());
      if (!inner.empty()) patch[key] = std::move(inner);
    }
  }
  return patch;
}

void merge_into(JsonObject& into, const JsonObject& other) {
  for (const auto& [key, value] : other) {
    Json* present = into.if_contains(key);
    if (present != nullptr && present->is_object() && value.is_object()) {
      merge_into(present->get_object(), value.get_object());
    } else {
      into[key] = value;
    }
  }
}

// A deletion of what is not there changes nothing, and would make every apply look like a change.
void drop_absent(JsonObject& patch, const JsonObject& current) {
  for (auto it = patch.begin(); it != patch.end();) {
    const Json* present = current.if_contains(it->key());
    bool drop = it->value().is_null() && present == nullptr;
    if (it->value().is_object() && present == nullptr) {
      drop_absent(it->value().get_object(), {});
    } else if (it->value().is_object() && present->is_object()) {
      drop_absent(it->value().get_object(), present->get_object());
      drop = it->value().get_object().empty();
    }
    it = drop ? patch.erase(it) : it + 1;
  }
}

}  // namespace

Json three_way_merge_patch(const Json& original, const Json& modified, const Json& current) {
  JsonObject patch = additions(current.as_object(), modified.as_object());
  merge_into(patch, deletions(original.as_object(), modified.as_object()));
  drop_absent(patch, current.as_object());
  return patch;
}

Json with_last_applied(Json object) {
  JsonObject& annotations = base::make_path(object, "metadata.annotations");
  annotations.erase(kLastApplied);
  const std::string bytes = base::to_canonical(object) + "\n";
  base::make_path(object, "metadata.annotations")[kLastApplied] = bytes;
  return object;
}

Json last_applied(const Json& live) {
  const Json* annotations = base::find_path(live, "metadata.annotations");
  if (annotations == nullptr || !annotations->is_object()) return JsonObject{};
  const Json* text = annotations->get_object().if_contains(kLastApplied);
  if (text == nullptr || !text->is_string()) return JsonObject{};
  try {
    Json value = base::parse_json(text->get_string());
    if (value.is_object()) return value;
  } catch (const base::Status&) {
    // Somebody else's text: apply goes on as if there were none, as kubectl does.
  }
  return JsonObject{};
}

}  // namespace berth::cli
