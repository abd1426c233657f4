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

// What upstream's Go types make of a map's texts: of null the empty one, of bytes in lines those bytes.
void read_text(const Schema& schema, Json& value) {
  if (value.is_null()) value = "";
  if (!value.is_string() || schema.format != find_format("base64")) return;
  const std::string_view text = value.get_string();
  if (text.find_first_of("\r\n") == std::string_view::npos) return;
  std::string joined(text);
  std::erase_if(joined, [](char c) { return c == '\r' || c == '\n'; });
  value = joined;
}

void read_texts(const Schema& schema, Json& value) {
  if (!value.is_object()) return;
  const bool texts = schema.type == SchemaType::Map && schema.items->type == SchemaType::String;
  for (auto& [key, item] : value.get_object()) {
    const Schema* below = schema.type == SchemaType::Map ? schema.items.get() : schema.find(key);
    if (texts) {
      read_text(*below, item);
    } else if (below) {
      read_texts(*below, item);
    }
  }
}

bool is_empty_collection(const Schema& schema, const Json& value) {
  if (schema.type == SchemaType::Map) return value.is_object() && value.get_object().empty();
  return schema.type == SchemaType::Array && value.is_array() && value.get_array().empty();
}

// What is read into upstream's Go types is written without its empty maps and lists. Values of maps and items of
// lists stay.
void drop_empty(const Schema& schema, Json& value) {
  if (schema.type == SchemaType::Array && value.is_array()) {
    for (Json& item : value.get_array()) drop_empty(*schema.items, item);
  } else if (schema.type == SchemaType::Map && value.is_object()) {
    for (auto& entry : value.get_object()) drop_empty(*schema.items, entry.value());
  } else if (schema.type == SchemaType::Object && value.is_object()) {
    JsonObject& object = value.get_object();
    for (auto member = object.begin(); member != object.end();) {
      const Schema* below = member->value().is_structured() ? schema.find(member->key()) : nullptr;
      if (below != nullptr && !below->always && is_empty_collection(*below, member->value())) {
        member = object.erase(member);  // another takes its place
        continue;
      }
      if (below != nullptr) drop_empty(*below, member->value());
      ++member;
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
  for (const Property* property : schema.defaulted) {
    if (!object.contains(property->name)) object.emplace(property->name, *property->schema->default_value);
  }
  for (auto& [key, item] : object) {
    if (!item.is_structured()) continue;
    const Schema* below = schema.type == SchemaType::Map ? schema.items.get() : schema.find(key);
    if (below) fill(*below, item);
  }
}

bool is_atomic(const Schema& schema) {
  if (schema.type == SchemaType::Array) return schema.list_type != "set" && schema.list_type != "map";
  return schema.map_type == "atomic";
}

void fill_atomic(const Schema& schema, Json& value) {
  if (is_atomic(schema)) return fill(schema, value);
  if (schema.type == SchemaType::Array && value.is_array()) {
    for (Json& item : value.get_array()) fill_atomic(*schema.items, item);
  } else if (value.is_object()) {
    for (auto& [key, item] : value.get_object()) {
      const Schema* below = schema.type == SchemaType::Map ? schema.items.get() : schema.find(key);
      if (below != nullptr) fill_atomic(*below, item);
    }
  }
}

}  // namespace

void complete_atomic(const Kind& kind, Json& object) {
  if (!kind.built_in) fill_atomic(*kind.schema, object);
}

void apply_defaults(const Kind& kind, Json& object) {
  if (kind.built_in) read_texts(*kind.schema, object);
  fill(*kind.schema, object);
  if (kind.built_in) {
    drop_empty(*kind.schema, object);
  } else if (Json* metadata = base::find_path(object, "metadata")) {
    drop_empty(*kind.schema->find("metadata"), *metadata);  // a Go type in every kind
  }
}

}  // namespace berth::schemas
