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

void apply_defaults(const Kind& kind, Json& object) { fill(*kind.schema, object); }

}  // namespace berth::schemas
