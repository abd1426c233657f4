// SPDX-License-Identifier: Apache-2.0
#include "schemas/admit.hpp"
#include "schemas/place.hpp"
#include "schemas/schema.hpp"

namespace berth::schemas {

namespace {

struct Search {
  std::string_view own_namespace;
  std::vector<Reference> found;
};

void add_reference(const RefMark& mark, const Json& value, const Place& at, Search& search) {
  Reference reference;
  reference.kind = mark.kind;
  reference.field = at.text();
  if (value.is_string()) {
    reference.name = std::string_view(value.get_string());
  } else {
    reference.name = base::string_at(value, "name");
    reference.ns = base::string_at(value, "namespace");
    reference.key = base::string_at(value, "key");
    reference.optional = base::bool_at(value, "optional");
  }
  if (reference.name.empty()) return;
  if (mark.cluster_scoped) {
    reference.ns.clear();
  } else if (reference.ns.empty()) {
    reference.ns = search.own_namespace;
  }
  search.found.push_back(std::move(reference));
}

void collect(const Schema& schema, const Json& value, const Place& at, Search& search) {
  if (schema.ref) return add_reference(*schema.ref, value, at, search);
  if (schema.type == SchemaType::Object && value.is_object()) {
    for (const Property& property : schema.properties) {
      if (!property.schema->has_refs) continue;
      const Json* below = value.get_object().if_contains(property.name);
      if (below) collect(*property.schema, *below, at.field(property.name), search);
    }
  } else if (schema.type == SchemaType::Map && value.is_object()) {
    for (const auto& [key, item] : value.get_object()) collect(*schema.items, item, at.key(key), search);
  } else if (schema.type == SchemaType::Array && value.is_array()) {
    std::size_t index = 0;
    for (const Json& item : value.get_array()) collect(*schema.items, item, at.item(index++), search);
  }
}

}  // namespace

std::vector<Reference> references(const Kind& kind, const Json& object) {
  Search search{base::string_at(object, "metadata.namespace"), {}};
  if (kind.schema->has_refs) collect(*kind.schema, object, Place(), search);
  return std::move(search.found);
}

const std::vector<std::string>& sealed_fields(const Kind& kind) { return kind.schema->marks->sealed_fields; }

}  // namespace berth::schemas
