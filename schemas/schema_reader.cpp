// SPDX-License-Identifier: Apache-2.0
#include <re2/re2.h>

#include <algorithm>

#include "base/status.hpp"
#include "schemas/schema.hpp"

namespace berth::schemas {

using base::Json;
using base::JsonObject;

namespace {

constexpr std::string_view kKeywords[] = {"additionalProperties",
                                          "default",
                                          "description",
                                          "enum",
                                          "format",
                                          "items",
                                          "maxItems",
                                          "maxLength",
                                          "maximum",
                                          "minItems",
                                          "minLength",
                                          "minimum",
                                          "pattern",
                                          "properties",
                                          "required",
                                          "type",
                                          "x-berth-always",
                                          "x-berth-at-least",
                                          "x-berth-at-most-one",
                                          "x-berth-disjoint",
                                          "x-berth-exactly-one",
                                          "x-berth-first",
                                          "x-berth-format",
                                          "x-berth-freeze",
                                          "x-berth-immutable",
                                          "x-berth-keys",
                                          "x-berth-max-total",
                                          "x-berth-not-under",
                                          "x-berth-plain",
                                          "x-berth-protobuf",
                                          "x-berth-ref",
                                          "x-berth-requires",
                                          "x-berth-rules",
                                          "x-berth-sealed",
                                          "x-berth-type",
                                          "x-berth-unique",
                                          "x-kubernetes-int-or-string",
                                          "x-kubernetes-list-map-keys",
                                          "x-kubernetes-list-type",
                                          "x-kubernetes-map-type",
                                          "x-kubernetes-patch-merge-key",
                                          "x-kubernetes-patch-strategy",
                                          "x-kubernetes-preserve-unknown-fields"};

std::vector<std::string> texts_at(const Json& node, std::string_view key) {
  std::vector<std::string> texts;
  const Json* list = base::find_path(node, key);
  if (!list) return texts;
  for (const Json& item : list->as_array()) texts.emplace_back(item.as_string());
  return texts;
}

template <class Number>
std::optional<Number> number_at(const Json& node, std::string_view key) {
  const Json* found = base::find_path(node, key);
  if (!found) return std::nullopt;
  return static_cast<Number>(found->as_int64());
}

}  // namespace

class SchemaReader {
 public:
  static std::unique_ptr<Schema> read(const Json& node, const std::string& path) {
    if (!node.is_object()) fail(path, "must be an object");
    for (const auto& [key, value] : node.get_object()) {
      const auto* known = std::find(std::begin(kKeywords), std::end(kKeywords), std::string_view(key));
      if (known == std::end(kKeywords)) fail(path, "unknown keyword " + std::string(key));
    }
    auto schema = std::make_unique<Schema>();
    schema->type = read_type(node, path);
    schema->description = base::string_at(node, "description");
    schema->struct_name = base::string_at(node, "x-berth-type");
    read_children(*schema, node, path);
    read_bounds(*schema, node, path);
    read_marks(*schema, node, path);
    finish(*schema);
    return schema;
  }

  static void add_property(Schema& schema, std::string name, std::unique_ptr<Schema> child) {
    schema.properties.push_back({std::move(name), std::move(child), {}});
  }

  // Once all properties are there.
  static void finish(Schema& schema) {
    std::sort(schema.properties.begin(), schema.properties.end(),
              [](const Property& a, const Property& b) { return a.name < b.name; });
    schema.index_properties();
    schema.has_refs = schema.ref.has_value();
    schema.has_immutable = schema.immutable || (schema.rules && schema.rules->has_freeze());
    const auto take = [&schema](const Schema& child) {
      schema.has_refs |= child.has_refs;
      schema.has_immutable |= child.has_immutable;
    };
    for (const Property& property : schema.properties) take(*property.schema);
    if (schema.items) take(*schema.items);
  }

 private:
  [[noreturn]] static void fail(const std::string& path, const std::string& why) {
    throw base::internal_error("schema of " + path + ": " + why);
  }

  static SchemaType read_type(const Json& node, const std::string& path) {
    if (base::bool_at(node, "x-kubernetes-int-or-string")) return SchemaType::IntOrString;
    if (base::bool_at(node, "x-kubernetes-preserve-unknown-fields")) return SchemaType::Any;
    const std::string_view type = base::string_at(node, "type");
    if (type == "object") {
      return node.get_object().contains("additionalProperties") ? SchemaType::Map : SchemaType::Object;
    }
    if (type == "array") return SchemaType::Array;
    if (type == "string") return SchemaType::String;
    if (type == "integer") return SchemaType::Integer;
    if (type == "boolean") return SchemaType::Boolean;
    fail(path, "type \"" + std::string(type) + "\" is not in the subset");
  }

  static void read_children(Schema& schema, const Json& node, const std::string& path) {
    if (schema.type == SchemaType::Array) schema.items = read(node.at("items"), path + "[]");
    if (schema.type == SchemaType::Map) schema.items = read(node.at("additionalProperties"), path + "[]");
    const Json* properties = base::find_path(node, "properties");
    if (properties) {
      for (const auto& [name, child] : properties->as_object()) {
        add_property(schema, std::string(name), read(child, path + "." + std::string(name)));
      }
    }
    schema.required = texts_at(node, "required");
    for (const std::string& name : schema.required) {
      if (!properties || !properties->get_object().contains(name)) fail(path, "requires unknown " + name);
    }
  }

  static void read_bounds(Schema& schema, const Json& node, const std::string& path) {
    if (const Json* value = base::find_path(node, "default")) schema.default_value = *value;
    schema.values = texts_at(node, "enum");
    schema.minimum = number_at<std::int64_t>(node, "minimum");
    schema.maximum = number_at<std::int64_t>(node, "maximum");
    schema.min_length = number_at<std::size_t>(node, "minLength");
    schema.max_length = number_at<std::size_t>(node, "maxLength");
    schema.min_items = number_at<std::size_t>(node, "minItems");
    schema.max_items = number_at<std::size_t>(node, "maxItems");
    schema.list_type = base::string_at(node, "x-kubernetes-list-type");
    schema.list_keys = texts_at(node, "x-kubernetes-list-map-keys");
    schema.map_type = base::string_at(node, "x-kubernetes-map-type");
    schema.patch_strategy = base::string_at(node, "x-kubernetes-patch-strategy");
    schema.patch_merge_key = base::string_at(node, "x-kubernetes-patch-merge-key");
    if (const Json* field = base::find_path(node, "x-berth-protobuf")) schema.protobuf = read_protobuf(*field);
    schema.pattern = base::string_at(node, "pattern");
    if (!schema.pattern.empty()) {
      schema.regex = std::make_unique<re2::RE2>(schema.pattern, re2::RE2::Quiet);
      if (!schema.regex->ok()) fail(path, "bad pattern " + schema.pattern);
    }
    schema.format = read_format(node, "x-berth-format", path);
    if (!schema.format) schema.format = read_format(node, "format", path);
  }

  static ProtobufField read_protobuf(const Json& field) {
    const Json& number = field.is_object() ? field.at("number") : field;
    return {static_cast<std::uint32_t>(number.as_int64()), base::bool_at(field, "micros"),
            base::bool_at(field, "omitZero")};
  }

  static const Format* read_format(const Json& node, std::string_view key, const std::string& path) {
    const std::string_view name = base::string_at(node, key);
    const Format* format = find_format(name);
    if (!name.empty() && !format) fail(path, "unknown format " + std::string(name));
    return format;
  }

  static void read_marks(Schema& schema, const Json& node, const std::string& path) {
    schema.keys_format = read_format(node, "x-berth-keys", path);
    schema.max_total = number_at<std::size_t>(node, "x-berth-max-total").value_or(0);
    schema.first_values = texts_at(node, "x-berth-first");
    schema.always = base::bool_at(node, "x-berth-always");
    schema.immutable = base::bool_at(node, "x-berth-immutable");
    schema.sealed = base::bool_at(node, "x-berth-sealed");
    if (const Json* mark = base::find_path(node, "x-berth-ref")) {
      schema.ref = RefMark{std::string(base::string_at(*mark, "kind")), false};
    }
    if (const Json* groups = base::find_path(node, "x-berth-unique")) {
      for (const Json& group : groups->as_array()) {
        std::vector<ValuePath>& paths = schema.unique.emplace_back();
        for (const Json& field : group.as_array()) paths.emplace_back(std::string_view(field.as_string()));
      }
    }
    auto rules = std::make_unique<Rules>(node.get_object());
    if (!rules->empty()) schema.rules = std::move(rules);
  }
};

std::unique_ptr<Schema> read_schema(const Json& node, const std::string& path) {
  return SchemaReader::read(node, path);
}

std::unique_ptr<Schema> read_root_schema(const Json& node, const std::string& kind, const Json& object_meta) {
  std::unique_ptr<Schema> root = SchemaReader::read(node, kind);
  for (const auto& [name, description] : {std::pair{"apiVersion", "The version of the schema that this is written in."},
                                          std::pair{"kind", "What this is, such as Container."}}) {
    auto text = std::make_unique<Schema>();
    text->type = SchemaType::String;
    text->description = description;
    SchemaReader::add_property(*root, name, std::move(text));
  }
  SchemaReader::add_property(*root, "metadata", SchemaReader::read(object_meta, "metadata"));
  SchemaReader::finish(*root);
  return root;
}

}  // namespace berth::schemas
