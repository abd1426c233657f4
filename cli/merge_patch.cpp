// SPDX-License-Identifier: Apache-2.0
#include "cli/merge_patch.hpp"

namespace berth::cli {

using base::Json;
using base::JsonObject;

JsonObject make_merge_patch(const JsonObject& from, const JsonObject& to) {
  JsonObject patch;
  for (const auto& [key, before] : from) {
    const Json* after = to.if_contains(key);
    if ((after == nullptr || after->is_null()) && !before.is_null()) patch[key] = nullptr;
  }
  for (const auto& [key, after] : to) {
    if (after.is_null()) continue;
    const Json* before = from.if_contains(key);
    if (before != nullptr && before->is_object() && after.is_object()) {
      JsonObject inner = make_merge_patch(before->get_object(), after.get_object());
      if (!inner.empty()) patch[key] = std::move(inner);
    } else if (before == nullptr || !base::json_equal(*before, after)) {
      patch[key] = after;
    }
  }
  return patch;
}

}  // namespace berth::cli
