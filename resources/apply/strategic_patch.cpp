// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/strategic_patch.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"
#include "resources/apply/merged_order.hpp"
#include "resources/apply/null_members.hpp"
#include "schemas/schema.hpp"

namespace berth::resources {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using schemas::Schema;
using schemas::SchemaType;

constexpr std::string_view kDirective = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kDeletions = "$deleteFromPrimitiveList";
constexpr std::string_view kOrder = "$setElementOrder";

constexpr const char* kBadOrder = "invalid patch format of setElementOrder list";
constexpr const char* kBadDeletions = "invalid patch format of primitive list";
constexpr const char* kBadRetainKeys = "invalid patch format of retainKeys";

base::Status does_not_fit(std::string message) { return {base::Reason::Invalid, std::move(message)}; }

std::string_view text_of(const Json& value) {
  const auto* text = value.if_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

// What is declared of a field that holds a list.
struct ListField {
  const Schema* items = nullptr;
  ItemKey key;
  bool merged = false;
};

const Schema& property_of(const Schema& schema, std::string_view name) {
  const Schema* found = schema.type == SchemaType::Object ? schema.find(name) : nullptr;
  if (found != nullptr) return *found;
  throw base::bad_request("unable to find api field in struct " + schema.struct_name + " for the json field \"" +
                          std::string(name) + "\"");
}

ListField list_field(const Schema& schema, std::string_view name) {
  const Schema& field = property_of(schema, name);
  if (field.type != SchemaType::Array) {
    throw base::bad_request("expected slice or array type for the json field \"" + std::string(name) + "\"");
  }
  return {field.items.get(), ItemKey(field.patch_merge_key), field.patch_strategy == "merge"};
}

// False when the value is an instruction itself, and nothing of it stays.
bool keep_content(Json& value) {
  if (JsonArray* array = value.if_array()) {
    JsonArray kept;
    for (Json& item : *array) {
      if (keep_content(item)) kept.push_back(std::move(item));
    }
    *array = std::move(kept);
  } else if (JsonObject* object = value.if_object()) {
    if (object->contains(kDirective)) return false;
    for (auto member = object->begin(); member != object->end();) {
      member = keep_content(member->value()) ? std::next(member) : object->erase(member);
    }
  }
  return true;
}

// "finalizers" of "$setElementOrder/finalizers".
std::string field_named_by(std::string_view member, std::string_view prefix, const char* otherwise) {
  if (!member.substr(prefix.size()).starts_with('/')) throw base::bad_request(otherwise);
  return std::string(member.substr(prefix.size() + 1));
}

std::vector<std::string> members_with(const JsonObject& patch, std::string_view prefix) {
  std::vector<std::string> members;
  for (const auto& member : patch) {
    if (std::string_view(member.key()).starts_with(prefix)) members.emplace_back(member.key());
  }
  return members;
}

Json take(JsonObject& object, std::string_view member) {
  Json value = std::move(object.at(member));
  object.erase(member);
  return value;
}

// $retainKeys: what the list does not name goes.
void retain_keys(JsonObject& original, JsonObject& patch) {
  if (!patch.contains(kRetainKeys)) return;
  const Json list = take(patch, kRetainKeys);
  if (!list.is_array()) throw base::bad_request(kBadRetainKeys);
  std::vector<std::string_view> names;
  for (const Json& name : list.get_array()) names.push_back(text_of(name));
  std::ranges::sort(names);
  const auto is_named = [&names](std::string_view key) { return std::ranges::binary_search(names, key); };
  for (const auto& member : patch) {
    const std::string_view key = member.key();
    if (member.value().is_null() || key.starts_with(kDeletions) || key.starts_with(kOrder)) continue;
    if (!is_named(key)) throw base::bad_request(kBadRetainKeys);
  }
  for (auto member = original.begin(); member != original.end();) {
    member = is_named(member->key()) ? std::next(member) : original.erase(member);
  }
}

JsonArray merge_lists(JsonArray original, JsonArray patch, const ListField& field);
JsonObject merge_maps(JsonObject original, JsonObject patch, const Schema& schema);

void check_sizes(const JsonArray& original, const JsonArray& patch) {
  if (std::max(original.size(), patch.size()) <= kMostMergedItems) return;
  throw base::Status(base::Reason::RequestEntityTooLarge,
                     "lists of more than " + std::to_string(kMostMergedItems) + " items cannot be merged");
}

// An absent list is an empty one.
JsonArray list_in(const JsonObject& object, std::string_view member) {
  const Json* value = object.if_contains(member);
  if (value == nullptr) return {};
  if (!value->is_array()) throw base::bad_request("\"" + std::string(member) + "\" must be a list");
  return value->get_array();
}

JsonArray take_list(JsonObject& object, std::string_view member) {
  JsonArray list = list_in(object, member);
  object.erase(member);
  return list;
}

bool has_directive(const Json& item, std::string_view directive) {
  const Json* found = item.is_object() ? item.get_object().if_contains(kDirective) : nullptr;
  return found != nullptr && text_of(*found) == directive;
}

// The order that the patch gives must be the order in which the patch itself names its items.
void check_order(const JsonArray& patch, const JsonArray& order, const ItemKey& key) {
  if (patch.empty() || order.empty()) return;
  auto at = order.begin();
  for (const Json& item : patch) {
    if (has_directive(item, "delete")) continue;
    const bool plain = !(item.is_object() && item.get_object().contains(kDirective));
    if (plain) at = std::find_if(at, order.end(), [&](const Json& named) { return key.same(item, named); });
    if (at == order.end()) {
      throw does_not_fit("The order in patch list:\n" + base::to_canonical(patch) + "\n doesn't match " +
                         std::string(kOrder) + " list:\n" + base::to_canonical(order) + "\n");
    }
    if (plain) ++at;
  }
}

// The order that stood. Upstream deletes and appends in the one array that it then takes for that order: there, new
// items have the places of deleted ones.
JsonArray remembered_order(const JsonArray& before, const JsonArray& changes, const ItemKey& key) {
  JsonArray order;
  const auto holds = [&key](const JsonArray& list, const Json& item) {
    return std::ranges::any_of(list, [&](const Json& each) { return key.names(each, item); });
  };
  JsonArray deleted;
  JsonArray plain;
  bool replaces = false;
  for (const Json& change : changes) {
    replaces |= has_directive(change, "replace");
    (has_directive(change, "delete") ? deleted : plain).push_back(change);
  }
  for (const Json& item : before) {
    const bool gone = std::ranges::any_of(deleted, [&](const Json& each) { return key.names(item, each); });
    if (!gone) order.push_back(item);
  }
  for (const Json& item : plain) {
    if (replaces || order.size() >= before.size()) break;
    if (!holds(order, item)) order.push_back(item);
  }
  return order;
}

void set_element_orders(JsonObject& original, JsonObject& patch, const Schema& schema) {
  for (const std::string& member : members_with(patch, kOrder)) {
    const std::string name = field_named_by(member, kOrder, kBadOrder);
    const JsonArray order = take_list(patch, member);
    const ListField field = list_field(schema, name);
    const bool stands = original.contains(name);
    const bool patched = patch.contains(name);
    JsonArray before = list_in(original, name);
    JsonArray changes = take_list(patch, name);
    check_sizes(before, order);
    check_order(changes, order, field.key);
    if (!stands && !patched) continue;
    JsonArray merged;
    if (!stands) {
      Json added = std::move(changes);
      keep_content(added);
      merged = std::move(added.get_array());
    } else if (!patched) {
      merged = before;
    } else if (field.merged) {
      JsonArray order_before = remembered_order(before, changes, field.key);
      merged = merge_lists(std::move(before), std::move(changes), field);
      before = std::move(order_before);
    } else {
      merged = std::move(changes);
    }
    original[name] = in_order(std::move(merged), order, before, field.key);
  }
}

// Takes out what is marked for deletion; true when the patch's list replaces the other.
bool carry_out_directives(JsonArray& original, JsonArray& patch, const ItemKey& key) {
  bool replaces = false;
  JsonArray plain;
  for (Json& item : patch) {
    const Json* directive = item.get_object().if_contains(kDirective);
    if (directive == nullptr) {
      plain.push_back(std::move(item));
    } else if (*directive == "delete") {
      key.of(item);
      original.erase(
          std::remove_if(original.begin(), original.end(), [&](const Json& each) { return key.names(each, item); }),
          original.end());
    } else if (*directive == "replace") {
      replaces = true;
    } else if (*directive == "merge") {
      throw base::bad_request("merging lists cannot yet be specified in the patch");
    } else {
      throw base::bad_request("unknown patch type: " + std::string(text_of(*directive)) +
                              " in map: " + base::to_canonical(item));
    }
  }
  patch = std::move(plain);
  return replaces;
}

// Every item of both must be of one type, and no list.
void check_items(const JsonArray& original, const JsonArray& patch) {
  const auto type_of = [](const Json& item) { return item.is_number() ? boost::json::kind::int64 : item.kind(); };
  const boost::json::kind first = type_of(original.empty() ? patch.front() : original.front());
  if (first == boost::json::kind::array) throw does_not_fit("lists of lists are not supported");
  for (const JsonArray* list : {&original, &patch}) {
    for (const Json& item : *list) {
      if (item.is_null() || type_of(item) != first) throw does_not_fit("list element types are not identical");
    }
  }
}

JsonArray merge_scalars(const JsonArray& original, const JsonArray& patch, const ItemKey& key) {
  JsonArray merged = original;
  for (const Json& item : patch) {
    const bool there = std::ranges::any_of(merged, [&](const Json& each) { return key.same(each, item); });
    if (!there) merged.push_back(item);
  }
  return merged;
}

JsonArray merge_lists(JsonArray original, JsonArray patch, const ListField& field) {
  if (original.empty() && patch.empty()) return original;
  check_sizes(original, patch);
  check_items(original, patch);
  const bool of_maps = (original.empty() ? patch.front() : original.front()).is_object();
  if (of_maps && field.key.name().empty()) throw does_not_fit("cannot merge lists without merge key for struct");
  JsonArray merged;
  if (!of_maps) {
    merged = merge_scalars(original, patch, ItemKey());
  } else {
    if (carry_out_directives(original, patch, field.key)) original.clear();
    merged = original;
    for (const Json& item : patch) {
      field.key.of(item);
      const auto same = std::ranges::find_if(merged, [&](const Json& each) { return field.key.names(each, item); });
      if (same == merged.end()) {
        merged.push_back(item);
      } else {
        *same = merge_maps(std::move(same->get_object()), item.get_object(), *field.items);
      }
    }
  }
  return in_order(std::move(merged), patch, original, of_maps ? field.key : ItemKey());
}

// $deleteFromPrimitiveList. What is no list there, or here, is passed over, as upstream does.
void delete_items(JsonObject& original, const std::string& name, const Json& deletions) {
  if (deletions.is_null()) original.erase(name);
  Json* found = original.if_contains(name);
  if (found == nullptr || !found->is_array() || !deletions.is_array()) return;
  JsonArray& list = found->get_array();
  const JsonArray& gone = deletions.get_array();
  if (list.empty() && gone.empty()) return;
  check_sizes(list, gone);
  check_items(list, gone);
  if ((list.empty() ? gone : list).front().is_object()) throw does_not_fit(kBadDeletions);
  JsonArray rest;
  for (Json& item : list) {
    const bool is_gone = std::ranges::any_of(gone, [&](const Json& each) { return base::json_equal(each, item); });
    if (!is_gone) rest.push_back(std::move(item));
  }
  list = std::move(rest);
}

void merge_member(JsonObject& original, std::string_view name, Json& value, const Schema& schema) {
  if (value.is_null()) {
    original.erase(name);
    return;
  }
  Json* before = original.if_contains(name);
  if (before != nullptr && before->is_object() && value.is_object()) {
    *before = merge_maps(std::move(before->get_object()), std::move(value.get_object()), property_of(schema, name));
    return;
  }
  if (before != nullptr && before->is_array() && value.is_array()) {
    const ListField field = list_field(schema, name);
    *before = field.merged ? merge_lists(std::move(before->get_array()), std::move(value.get_array()), field)
                           : std::move(value.get_array());
    return;
  }
  drop_nulls(value);
  if (keep_content(value)) {
    original[name] = std::move(value);
  } else {
    original.erase(name);
  }
}

JsonObject merge_maps(JsonObject original, JsonObject patch, const Schema& schema) {
  if (const Json* directive = patch.if_contains(kDirective)) {
    if (*directive == "delete") return {};
    if (*directive != "replace") {
      throw base::bad_request("unknown patch type: " + std::string(text_of(*directive)) +
                              " in map: " + base::to_canonical(patch));
    }
    patch.erase(kDirective);
    return patch;
  }
  retain_keys(original, patch);
  set_element_orders(original, patch, schema);
  const std::vector<std::string> deletions = members_with(patch, kDeletions);
  for (auto& member : patch) {
    if (!std::string_view(member.key()).starts_with(kDeletions)) {
      merge_member(original, member.key(), member.value(), schema);
    }
  }
  for (const std::string& member : deletions) {
    delete_items(original, field_named_by(member, kDeletions, kBadDeletions), patch.at(member));
  }
  return original;
}

}  // namespace

Json apply_strategic_patch(Json target, Json patch, const schemas::Kind& kind) {
  if (!patch.is_object()) throw base::bad_request("invalid strategic merge patch: it must be an object");
  return merge_maps(std::move(target.as_object()), std::move(patch.get_object()), *kind.schema);
}

}  // namespace berth::resources
