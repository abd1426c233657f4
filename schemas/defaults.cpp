// SPDX-License-Identifier: Apache-2.0
#include "schemas/admit.hpp"
#include "schemas/schema.hpp"

namespace berth::schemas {

using base::JsonObject;

namespace {

void drop_nulls(JsonObject& object) {
  std::vector<std::string> nulls;
  for (const auto& [key, value] : object) {
    if (value.is_null()) nulls.emplace_back(key);
  }
  for (const std::string& key : nulls) object.erase(key);
}

// A built-in kind is read into upstream's Go types, where a null text in a map is an empty one.
void read_nulls_as_text(const Schema& schema, Json& value) {
  if (!value.is_object()) return;
  const bool texts = schema.type == SchemaType::Map && schema.items->type == SchemaType::String;
  for (auto& [key, item] : value.get_object()) {
    const Schema* below = schema.type == SchemaType::Map ? schema.items.get() : schema.find(key);
    if (texts && item.is_null()) {
      item = "";
    } else if (below) {
      read_nulls_as_text(*below, item);
    }
  }
}

void fill(const Schema& schema, Json& value) {
  if (schema.type == SchemaType::Array && value.is_array()) {
    for (Json& item : value.get_array()) fill(*schema.items, item);
    return;
  }
  const bool walks = schema.type == SchemaType::Object || schema.type == SchemaType::Map;
  if (!walks || !value.is_object()) return;
  JsonObject& object = value.get_object();
  drop_nulls(object);
  for (const Property& property : schema.properties) {
    if (property.schema->default_value && !object.contains(property.name)) {
      object.emplace(property.name, *property.schema->default_value);
    }
  }
  for (auto& [key, item] : object) {
    const Schema* below = schema.type == SchemaType::Map ? schema.items.get() : schema.find(key);
    if (below) fill(*below, item);
  }
}

}  // namespace

void apply_defaults(const Kind& kind, Json& object) {
  if (kind.built_in) read_nulls_as_text(*kind.schema, object);
  fill(*kind.schema, object);
}

}  // namespace berth::schemas
