// SPDX-License-Identifier: Apache-2.0
#include "schemas/admit.hpp"
#include "schemas/place.hpp"
#include "schemas/schema.hpp"

namespace berth::schemas {

using base::JsonObject;

namespace {

void prune_value(const Schema& schema, Json& value, const Place& at, std::vector<std::string>& paths);

void prune_object(const Schema& schema, JsonObject& object, const Place& at, std::vector<std::string>& paths) {
  std::vector<std::string> unknown;
  for (auto& [key, value] : object) {
    const Schema* known = schema.find(key);
    const Place place = at.field(key);
    if (known) {
      prune_value(*known, value, place, paths);
    } else {
      paths.push_back(place.text());
      unknown.emplace_back(key);
    }
  }
  for (const std::string& key : unknown) object.erase(key);
}

void prune_value(const Schema& schema, Json& value, const Place& at, std::vector<std::string>& paths) {
  if (schema.type == SchemaType::Object && value.is_object()) {
    prune_object(schema, value.get_object(), at, paths);
  } else if (schema.type == SchemaType::Map && value.is_object()) {
    for (auto& [key, item] : value.get_object()) prune_value(*schema.items, item, at.key(key), paths);
  } else if (schema.type == SchemaType::Array && value.is_array()) {
    std::size_t index = 0;
    for (Json& item : value.get_array()) prune_value(*schema.items, item, at.item(index++), paths);
  }
}

}  // namespace

std::vector<std::string> prune(const Kind& kind, Json& object) {
  std::vector<std::string> paths;
  prune_value(*kind.schema, object, Place(), paths);
  return paths;
}

}  // namespace berth::schemas
