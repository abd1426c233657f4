// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "schemas/declarations.hpp"
#include "schemas/openapi_parts.hpp"

namespace berth::schemas {

using base::JsonArray;
using base::JsonObject;

namespace {

template <class Text>
JsonArray texts(const std::vector<Text>& values) {
  return JsonArray(values.begin(), values.end());
}

template <class Value>
void put(JsonObject& model, std::string_view key, const Value& value) {
  if (value) model[key] = *value;
}

void put(JsonObject& model, std::string_view key, const std::string& text) {
  if (!text.empty()) model[key] = text;
}

void put(JsonObject& model, std::string_view key, const std::vector<std::string>& words) {
  if (!words.empty()) model[key] = texts(words);
}

std::string_view type_name(SchemaType type) {
  switch (type) {
    case SchemaType::Object:
    case SchemaType::Map:
      return "object";
    case SchemaType::Array:
      return "array";
    case SchemaType::String:
      return "string";
    case SchemaType::Integer:
      return "integer";
    case SchemaType::Boolean:
      return "boolean";
    case SchemaType::IntOrString:
    case SchemaType::Any:
      break;
  }
  return "";
}

// Only what others know by the same name; our own formats are no business of theirs.
std::string_view format_name(const Schema& schema) {
  if (schema.type == SchemaType::Integer) {
    return schema.maximum && *schema.maximum <= std::numeric_limits<std::int32_t>::max() ? "int32" : "int64";
  }
  if (!schema.format) return "";
  if (schema.format->name == "base64") return "byte";
  return schema.format->name == "date-time" ? "date-time" : "";
}

void put_bounds(JsonObject& model, const Schema& schema) {
  put(model, "default", schema.default_value);
  put(model, "enum", schema.values);
  put(model, "minimum", schema.minimum);
  put(model, "maximum", schema.maximum);
  put(model, "minLength", schema.min_length);
  put(model, "maxLength", schema.max_length);
  put(model, "minItems", schema.min_items);
  put(model, "maxItems", schema.max_items);
  put(model, "pattern", schema.pattern);
  put(model, "required", schema.required);
}

void put_merge_marks(JsonObject& model, const Schema& schema) {
  put(model, "x-kubernetes-list-type", schema.list_type);
  put(model, "x-kubernetes-list-map-keys", schema.list_keys);
  put(model, "x-kubernetes-map-type", schema.map_type);
  put(model, "x-kubernetes-patch-strategy", schema.patch_strategy);
  put(model, "x-kubernetes-patch-merge-key", schema.patch_merge_key);
}

}  // namespace

std::string openapi_package(const Kind& kind) {
  if (kind.built_in) {
    const std::string first = kind.group.empty() ? "core" : kind.group.substr(0, kind.group.find('.'));
    const bool extension = first == "apiextensions";
    return (extension ? "io.k8s.apiextensions-apiserver.pkg.apis." : "io.k8s.api.") + first + "." + kind.version + ".";
  }
  std::string package;
  for (std::string_view rest = kind.group; !rest.empty();) {
    const std::size_t dot = rest.rfind('.');
    const std::size_t start = dot == std::string_view::npos ? 0 : dot + 1;
    package.append(rest.substr(start)).append(".");
    rest = rest.substr(0, start == 0 ? 0 : dot);
  }
  return package + kind.version + ".";
}

JsonObject openapi_reference(OpenapiVersion version, const std::string& model) {
  const char* folder = version == OpenapiVersion::V2 ? "#/definitions/" : "#/components/schemas/";
  return {{"$ref", folder + model}};
}

JsonObject openapi_kind(const Kind& kind, const std::string& name) {
  return {{"group", kind.group}, {"kind", name}, {"version", kind.version}};
}

// A model of its own for each named type; where it is used stands a reference, with what is said of it there.
JsonObject OpenapiModels::use(const Schema& schema, const std::string& package) {
  if (schema.type != SchemaType::Object || schema.struct_name.empty()) return describe(schema, package);
  const std::string name = package + schema.struct_name;
  define(name, schema, package);
  JsonObject node;
  put(node, "description", schema.description);
  put(node, "default", schema.default_value);
  const JsonObject reference = openapi_reference(version_, name);
  // OpenAPI 3.0 forgets what stands beside a $ref.
  if (version_ == OpenapiVersion::V3 && !node.empty()) {
    node["allOf"] = JsonArray{reference};
  } else {
    node["$ref"] = reference.at("$ref");
  }
  return node;
}

void OpenapiModels::define(const std::string& name, const Schema& schema, const std::string& package) {
  if (!known_.insert(name).second) return;
  JsonObject model = describe(schema, package);
  // These differ from use to use, and stand there.
  model.erase("description");
  model.erase("default");
  take_(name, std::move(model));
}

JsonObject OpenapiModels::describe(const Schema& schema, const std::string& package) {
  JsonObject model;
  put(model, "type", std::string(type_name(schema.type)));
  put(model, "format", std::string(format_name(schema)));
  put(model, "description", schema.description);
  put_bounds(model, schema);
  put_merge_marks(model, schema);
  describe_children(model, schema, package);
  return model;
}

void OpenapiModels::describe_children(JsonObject& model, const Schema& schema, const std::string& package) {
  if (schema.type == SchemaType::Any) model["x-kubernetes-preserve-unknown-fields"] = true;
  if (schema.type == SchemaType::IntOrString) {
    model["x-kubernetes-int-or-string"] = true;
    // Swagger 2.0 has no way to say it; a type there would be one too few.
    if (version_ == OpenapiVersion::V3) {
      model["anyOf"] = JsonArray{JsonObject{{"type", "integer"}}, JsonObject{{"type", "string"}}};
    }
  }
  if (schema.type == SchemaType::Array) model["items"] = use(*schema.items, package);
  if (schema.type == SchemaType::Map) model["additionalProperties"] = use(*schema.items, package);
  if (schema.properties.empty()) return;
  JsonObject properties;
  for (const Property& property : schema.properties) {
    // metadata, wherever it is, is upstream's own type.
    const bool is_meta = property.name == "metadata";
    properties[property.name] = use(*property.schema, is_meta ? kMetaPackage : package);
  }
  model["properties"] = std::move(properties);
}

void OpenapiModels::add_kind(const Kind& kind) {
  const std::string package = openapi_package(kind);
  if (!known_.insert(package + kind.kind).second) return;
  JsonObject model = describe(*kind.schema, package);
  model[kKindMark] = JsonArray{openapi_kind(kind, kind.kind)};
  take_(package + kind.kind, std::move(model));
}

void OpenapiModels::add_list(const Kind& kind) {
  const std::string package = openapi_package(kind);
  if (!known_.insert(package + kind.list_kind).second) return;
  const auto of_root = [&](std::string_view name) {
    const auto* found = kind.schema->find(name);
    return found ? describe(*found, package) : JsonObject();
  };
  JsonObject metadata{{"description", "Metadata of the list."}};
  const JsonObject meta_type = openapi_reference(version_, std::string(kMetaPackage) + "ListMeta");
  if (version_ == OpenapiVersion::V3) metadata["allOf"] = JsonArray{meta_type};
  if (version_ == OpenapiVersion::V2) metadata["$ref"] = meta_type.at("$ref");
  const JsonObject item = openapi_reference(version_, package + kind.kind);
  const JsonObject items{{"type", "array"}, {"description", "The objects."}, {"items", item}};
  JsonObject properties{{"apiVersion", of_root("apiVersion")},
                        {"items", items},
                        {"kind", of_root("kind")},
                        {"metadata", std::move(metadata)}};
  take_(package + kind.list_kind, JsonObject{{"type", "object"},
                                             {"description", "A list of " + kind.kind + " objects."},
                                             {"required", JsonArray{"items"}},
                                             {"properties", std::move(properties)},
                                             {kKindMark, JsonArray{openapi_kind(kind, kind.list_kind)}}});
}

void OpenapiModels::add_meta_types() {
  const Json text = base::parse_json(declarations());
  for (const auto& [name, node] : text.at("meta_types").as_object()) {
    const std::string type(name);
    const std::unique_ptr<Schema> schema = read_schema(node, type);
    if (!known_.insert(kMetaPackage + type).second) continue;
    JsonObject model = describe(*schema, kMetaPackage);
    if (schema->find("kind")) {
      model[kKindMark] = JsonArray{JsonObject{{"group", ""}, {"kind", type}, {"version", "v1"}}};
    }
    take_(kMetaPackage + type, std::move(model));
  }
}

}  // namespace berth::schemas
