// SPDX-License-Identifier: Apache-2.0
#include "cli/secret_mask.hpp"

namespace berth::cli {
namespace {

using base::Json;
using base::JsonObject;

JsonObject* data_of(Json& secret) {
  Json* data = base::find_path(secret, "data");
  return data != nullptr && data->is_object() ? &data->get_object() : nullptr;
}

}  // namespace

void mask_secret(Json& from, Json& to) {
  JsonObject* before = data_of(from);
  JsonObject* after = data_of(to);
  if (before != nullptr) {
    for (auto& [key, value] : *before) {
      Json* other = after == nullptr ? nullptr : after->if_contains(key);
      const bool changes = other != nullptr && !base::json_equal(value, *other);
      value = changes ? "*** (before)" : "***";
      if (other != nullptr) *other = changes ? "*** (after)" : "***";
    }
  }
  if (after == nullptr) return;
  for (auto& [key, value] : *after) {
    if (before == nullptr || !before->contains(key)) value = "***";
  }
}

}  // namespace berth::cli
