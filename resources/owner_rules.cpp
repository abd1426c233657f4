// SPDX-License-Identifier: Apache-2.0
#include "resources/owner_rules.hpp"

#include <string>
#include <unordered_set>

namespace berth::resources {

std::optional<std::string> drop_repeated_owners(Json& object, Origin origin) {
  Json* list = base::find_path(object, "metadata.ownerReferences");
  if (list == nullptr || !list->is_array() || list->get_array().size() < 2) return std::nullopt;
  base::JsonArray kept;
  std::string repeated;
  std::unordered_set<std::string> seen;
  for (const Json& each : list->get_array()) {
    if (seen.insert(base::to_canonical(each)).second) {
      kept.push_back(each);
    } else {
      repeated.append(repeated.empty() ? "" : ", ").append(base::string_at(each, "uid"));
    }
  }
  if (kept.size() == list->get_array().size()) return std::nullopt;
  list->get_array() = std::move(kept);
  return std::string(".metadata.ownerReferences contains duplicate entries")
      .append(origin == Origin::Patch ? " after mutating admission happens" : "")
      .append(
          "; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix "
          "your requests; duplicate UID(s) observed: ")
      .append(repeated);
}

}  // namespace berth::resources
