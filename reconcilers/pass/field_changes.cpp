// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/field_changes.hpp"

#include <algorithm>
#include <map>

#include "base/utf8.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::JsonArray;

constexpr std::size_t kMostBytes = 120;

// What tells an item of a list from the others; "" when it has nothing of the sort.
std::string key_of(const Json& item) {
  for (const char* member : {"name", "path", "target", "networkRef.name", "containerRef.name"}) {
    const std::string_view key = base::string_at(item, member);
    if (!key.empty()) return std::string(key);
  }
  return "";
}

// Nothing when the items cannot be told apart by keys.
std::optional<std::map<std::string, const Json*>> by_key(const JsonArray& list) {
  std::map<std::string, const Json*> found;
  for (const Json& item : list) {
    std::string key = key_of(item);
    if (key.empty() || !found.emplace(std::move(key), &item).second) return std::nullopt;
  }
  return found;
}

class Comparison {
 public:
  void compare(const std::string& path, const Json* before, const Json* after) {
    const bool both = before != nullptr && after != nullptr;
    if ((before == nullptr && after == nullptr) || (both && base::json_equal(*before, *after))) return;
    if (both && before->is_object() && after->is_object()) return compare_members(path, *before, *after);
    if (both && before->is_array() && after->is_array()) {
      const auto left = by_key(before->get_array());
      const auto right = by_key(after->get_array());
      if (left && right && !left->empty() && !right->empty()) return compare_items(path, *left, *right);
    }
    add(path, before, after);
  }

  std::vector<FieldChange> take() {
    std::ranges::sort(changes_, {}, &FieldChange::path);
    return std::move(changes_);
  }

 private:
  void compare_members(const std::string& path, const Json& before, const Json& after) {
    std::map<std::string, std::pair<const Json*, const Json*>> members;
    for (const auto& member : before.get_object()) members[member.key()].first = &member.value();
    for (const auto& member : after.get_object()) members[member.key()].second = &member.value();
    for (const auto& [name, values] : members) compare(path + "." + name, values.first, values.second);
  }

  void compare_items(const std::string& path, const std::map<std::string, const Json*>& before,
                     const std::map<std::string, const Json*>& after) {
    std::map<std::string, std::pair<const Json*, const Json*>> items;
    for (const auto& [key, item] : before) items[key].first = item;
    for (const auto& [key, item] : after) items[key].second = item;
    for (const auto& [key, values] : items) compare(path + "[" + key + "]", values.first, values.second);
  }

  void add(const std::string& path, const Json* before, const Json* after) {
    FieldChange change{path, std::nullopt, std::nullopt};
    if (before != nullptr) change.before = *before;
    if (after != nullptr) change.after = *after;
    changes_.push_back(std::move(change));
  }

  std::vector<FieldChange> changes_;
};

std::string shown(const std::optional<Json>& value) {
  if (!value) return "nothing";
  const std::string text = base::to_canonical(*value);
  const std::string_view cut = base::truncated(text, kMostBytes);
  return std::string(cut) + (cut.size() < text.size() ? "..." : "");
}

}  // namespace

std::vector<FieldChange> field_changes(const Json& before, const Json& after) {
  Comparison comparison;
  for (const char* part : {"data", "spec"}) {
    comparison.compare(part, base::find_path(before, part), base::find_path(after, part));
  }
  return comparison.take();
}

std::string to_text(const FieldChange& change) {
  return change.path + ": " + shown(change.before) + " -> " + shown(change.after);
}

}  // namespace berth::reconcilers
