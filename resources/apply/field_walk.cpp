// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/field_walk.hpp"

#include <map>

#include "resources/apply/field_form.hpp"
#include "resources/apply/path_element.hpp"

namespace berth::resources {
namespace {

using Node = FieldSet::Node;
using schemas::SchemaType;

void collect(const Schema& schema, const Json& value, Node& node);

void collect_items(const Schema& list, const base::JsonArray& items, Node& node) {
  std::map<std::string, std::vector<const Json*>> by_element;
  for (const Json& item : items) {
    if (auto element = item_element(list, item)) by_element[*std::move(element)].push_back(&item);
  }
  std::vector<Node> nodes;
  for (const auto& [element, same] : by_element) {
    Node& item = nodes.emplace_back(Node{element, true, {}});
    // Of duplicates nobody can tell which is meant: they are one field.
    if (same.size() == 1) collect(*list.items, *same.front(), item);
    item.member = true;
  }
  node.below = FieldSet::of(std::move(nodes));
}

void collect_members(const Schema& schema, const base::JsonObject& members, Node& node) {
  std::vector<Node> nodes;
  nodes.reserve(members.size());
  for (const auto& member : members) {
    const Schema* below = member_schema(schema, member.key());
    if (below == nullptr) continue;
    Node& field = nodes.emplace_back(Node{field_element(member.key()), false, {}});
    collect(*below, member.value(), field);
    const Json& value = member.value();
    const bool is_empty = value.is_null() || (value.is_object() && value.get_object().empty());
    if (is_empty || schema.type != SchemaType::Object) field.member = true;
  }
  node.below = FieldSet::of(std::move(nodes));
}

void collect(const Schema& schema, const Json& value, Node& node) {
  switch (form_of(schema, value)) {
    case FieldForm::Leaf:
      node.member = true;
      return;
    case FieldForm::Fields:
      if (value.is_object()) {
        collect_members(schema, value.get_object(), node);
      } else if (!value.is_null()) {
        node.member = true;
      }
      return;
    case FieldForm::Items:
      if (value.is_array()) {
        collect_items(schema, value.get_array(), node);
      } else if (!value.is_null()) {
        node.member = true;
      }
      return;
  }
}

const Schema* schema_at(const Schema& schema, std::string_view element) {
  if (const auto name = field_name(element)) {
    return schema.type == SchemaType::Array ? nullptr : member_schema(schema, *name);
  }
  return schema.type == SchemaType::Array ? schema.items.get() : nullptr;
}

bool is_atomic(const Schema& schema) {
  if (schema.type == SchemaType::Array) return schema.list_type != "set" && schema.list_type != "map";
  return (schema.type == SchemaType::Object || schema.type == SchemaType::Map) && schema.map_type == "atomic";
}

void name_fields(const Schema* schema, FieldSet& fields) {
  fields.each([schema](Node& node) {
    if (node.below.empty()) return;
    const Schema* below = schema == nullptr ? nullptr : schema_at(*schema, node.element);
    if (below != nullptr && schema->type == SchemaType::Object) node.member = true;
    name_fields(below, node.below);
  });
}

}  // namespace

FieldForm form_of(const Schema& schema, const Json& value) {
  switch (schema.type) {
    case SchemaType::Object:
    case SchemaType::Map:
      return is_atomic(schema) ? FieldForm::Leaf : FieldForm::Fields;
    case SchemaType::Array:
      return is_atomic(schema) ? FieldForm::Leaf : FieldForm::Items;
    case SchemaType::Any:
      return value.is_object() || value.is_null() ? FieldForm::Fields : FieldForm::Leaf;
    default:
      return FieldForm::Leaf;
  }
}

const Schema* member_schema(const Schema& schema, std::string_view name) {
  if (schema.type == SchemaType::Any) return &schema;
  return schema.type == SchemaType::Map ? schema.items.get() : schema.find(name);
}

const base::JsonObject* members_of(const Json* value) { return value == nullptr ? nullptr : value->if_object(); }
const base::JsonArray* items_of(const Json* value) { return value == nullptr ? nullptr : value->if_array(); }

FieldSet fields_of(const Schema& schema, const Json& object) {
  Node root;
  collect(schema, object, root);
  return std::move(root.below);
}

FieldSet with_named_fields(const Schema& schema, FieldSet fields) {
  name_fields(&schema, fields);
  return fields;
}

void collapse_atomic(const Schema& schema, FieldSet& fields) {
  fields.each([&schema](Node& node) {
    const Schema* below = schema_at(schema, node.element);
    if (below == nullptr || below->type == SchemaType::Any || node.below.empty()) return;
    if (is_atomic(*below)) {
      node.member = true;
      node.below = {};
    } else {
      collapse_atomic(*below, node.below);
    }
  });
}

}  // namespace berth::resources
