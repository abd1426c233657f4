// SPDX-License-Identifier: Apache-2.0
#include "cli/csa_upgrade.hpp"

#include <algorithm>

namespace berth::cli {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;

bool is_entry(const Json& entry, std::string_view manager, std::string_view operation) {
  return base::string_at(entry, "manager") == manager && base::string_at(entry, "operation") == operation &&
         base::string_at(entry, "subresource").empty();
}

JsonArray::iterator find_entry(JsonArray& entries, std::string_view manager, std::string_view operation) {
  return std::find_if(entries.begin(), entries.end(),
                      [&](const Json& entry) { return is_entry(entry, manager, operation); });
}

bool owns_last_applied(const Json& entry) {
  const Json* annotations = base::find_path(entry, "fieldsV1.f:metadata.f:annotations");
  return annotations != nullptr && annotations->is_object() &&
         annotations->get_object().contains("f:kubectl.kubernetes.io/last-applied-configuration");
}

// fieldsV1 is a trie: {} is a path that is owned, and one with owned paths below it says so by ".".
void merge_fields(JsonObject& into, const JsonObject& other) {
  for (const auto& [key, below] : other) {
    Json* present = into.if_contains(key);
    if (present == nullptr || !present->is_object() || !below.is_object()) {
      into[key] = below;
      continue;
    }
    const bool owned = present->get_object().empty() || below.get_object().empty();
    merge_fields(present->get_object(), below.get_object());
    if (owned && !present->get_object().empty() && key != ".") present->get_object()["."] = JsonObject{};
  }
}

void move_fields(JsonArray& entries, std::string_view from, std::string_view to) {
  auto target = find_entry(entries, to, "Apply");
  if (target == entries.end()) {
    target = find_entry(entries, from, "Update");
    if (target == entries.end()) return;
    target->get_object()["manager"] = to;
    target->get_object()["operation"] = "Apply";
  }
  for (const Json& entry : entries) {
    const bool same_version = base::string_at(entry, "apiVersion") == base::string_at(*target, "apiVersion");
    if (!is_entry(entry, from, "Update") || !same_version) continue;
    if (const Json* fields = base::find_path(entry, "fieldsV1"); fields != nullptr && fields->is_object()) {
      merge_fields(base::make_path(*target, "fieldsV1"), fields->get_object());
    }
  }
  // Those of another version say nothing of this one's fields, as upstream has it.
  const auto dead = std::remove_if(entries.begin(), entries.end(),
                                   [&](const Json& entry) { return is_entry(entry, from, "Update"); });
  entries.erase(dead, entries.end());
}

}  // namespace

std::vector<std::string> client_side_managers(const Json& live) {
  std::vector<std::string> names;
  const Json* entries = base::find_path(live, "metadata.managedFields");
  if (entries == nullptr || !entries->is_array()) return names;
  for (const Json& entry : entries->get_array()) {
    const std::string name(base::string_at(entry, "manager"));
    if (is_entry(entry, name, "Update") && owns_last_applied(entry) &&
        std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  return names;
}

std::optional<JsonArray> upgrade_managers(const Json& live, std::string_view manager) {
  const std::vector<std::string> names = client_side_managers(live);
  if (names.empty()) return std::nullopt;
  JsonArray entries = live.at("metadata").at("managedFields").get_array();
  for (const std::string& name : names) move_fields(entries, name, manager);
  return entries;
}

}  // namespace berth::cli
