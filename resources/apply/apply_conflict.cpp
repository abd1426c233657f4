// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/apply_conflict.hpp"

#include <algorithm>

namespace berth::resources {

base::Status conflict_error(std::vector<ApplyConflict> conflicts) {
  std::ranges::sort(conflicts, {}, [](const ApplyConflict& conflict) { return conflict.who.order(); });
  base::Details details;
  std::string list;
  for (const ApplyConflict& conflict : conflicts) {
    list.append(list.empty() ? "" : "\n").append("conflicts with ").append(conflict.who.describe()).append(":");
    for (std::string& path : conflict.fields.paths()) {
      list.append("\n- ").append(path);
      details.causes.push_back({"FieldManagerConflict", "conflict with " + conflict.who.describe(), std::move(path)});
    }
  }
  const std::size_t count = details.causes.size();
  std::string message = "Apply failed with ";
  if (count == 1) {
    const base::Cause& only = details.causes.front();
    message.append("1 conflict: ").append(only.message).append(": ").append(only.field);
  } else {
    message.append(std::to_string(count)).append(" conflicts: ").append(list);
  }
  return {base::Reason::Conflict, std::move(message), std::move(details)};
}

}  // namespace berth::resources
