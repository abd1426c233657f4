// SPDX-License-Identifier: Apache-2.0
#include "cli/secret_mask.hpp"

namespace berth::cli {
namespace {

using base::Json;
using base::JsonObject;

JsonObject* members_at(Json& secret, std::string_view path) {
  Json* members = base::find_path(secret, path);
  return members != nullptr && members->is_object() ? &members->get_object() : nullptr;
}

// Either may be null.
void mask(Json* before, Json* after) {
  const bool changes = before != nullptr && after != nullptr && !base::json_equal(*before, *after);
  if (before != nullptr) *before = changes ? "*** (before)" : "***";
  if (after != nullptr) *after = changes ? "*** (after)" : "***";
}

Json* member(JsonObject* of, std::string_view key) { return of == nullptr ? nullptr : of->if_contains(key); }

}  // namespace

void mask_secret(Json& from, Json& to) {
  for (const char* path : {"data", "stringData"}) {
    JsonObject* before = members_at(from, path);
    JsonObject* after = members_at(to, path);
    if (before != nullptr) {
      for (auto& [key, value] : *before) mask(&value, member(after, key));
    }
    if (after == nullptr) continue;
    for (auto& [key, value] : *after) {
      if (member(before, key) == nullptr) mask(nullptr, &value);
    }
  }
  // In which kubectl keeps a copy of the whole object.
  constexpr std::string_view kCopy = "kubectl.kubernetes.io/last-applied-configuration";
  mask(member(members_at(from, "metadata.annotations"), kCopy), member(members_at(to, "metadata.annotations"), kCopy));
}

}  // namespace berth::cli
