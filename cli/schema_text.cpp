// SPDX-License-Identifier: Apache-2.0
#include "cli/schema_text.hpp"

#include <algorithm>
#include <set>

#include "base/status.hpp"

namespace berth::cli {
namespace {

using base::Json;

constexpr std::size_t kWidth = 76;
constexpr std::size_t kEnumsShown = 4;  // in a list of fields; a field by itself shows all

// How deep a field lies, and which named schemas lead to it: a schema that contains itself ends there.
struct Place {
  std::size_t level = 1;
  std::set<std::string, std::less<>> seen;
};

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

const Json* object_at(const Json& schema, std::string_view key) {
  const Json* value = schema.get_object().if_contains(key);
  return value != nullptr && value->is_object() ? value : nullptr;
}

class SchemaText {
 public:
  explicit SchemaText(const Json& document, Fields fields) : document_(document), fields_(fields) {}

  const Json* of_kind(const Resource& resource) const;
  // The schema that a path leads to, itself unresolved; nullptr when there is none.
  const Json* follow(const Json& schema, const std::vector<std::string>& path) const;
  std::string type_of(const Json& schema) const;
  std::string description_of(const Json& schema) const;
  void add_fields(std::string& text, const Json& schema, Place place) const;
  static std::string enum_of(const Json& schema, std::size_t limit, std::string_view between);

 private:
  const Json& resolve(const Json& schema) const;
  const Json* property(const Json& schema, std::string_view name, std::set<std::string, std::less<>> seen) const;
  void add_field(std::string& text, std::string_view name, const Json& parent, const Json& schema,
                 std::size_t level) const;

  const Json& document_;
  Fields fields_;
};

std::string_view reference_of(const Json& schema) { return base::string_at(schema, "$ref"); }

std::string_view last_part(std::string_view text, char separator) { return text.substr(text.rfind(separator) + 1); }

// The schemas of a list's items, a map's values, and of allOf: a field of theirs counts as a field of the schema.
std::vector<const Json*> parts_of(const Json& schema) {
  std::vector<const Json*> parts;
  if (const Json* all = schema.get_object().if_contains("allOf"); all != nullptr && all->is_array()) {
    for (const Json& part : all->get_array()) parts.push_back(&part);
  }
  for (const char* key : {"items", "additionalProperties"}) {
    if (const Json* part = object_at(schema, key)) parts.push_back(part);
  }
  return parts;
}

const Json* SchemaText::of_kind(const Resource& resource) const {
  const Json* schemas = base::find_path(document_, "components.schemas");
  if (schemas == nullptr || !schemas->is_object()) return nullptr;
  for (const auto& [name, schema] : schemas->get_object()) {
    const Json* kinds =
        schema.is_object() ? schema.get_object().if_contains("x-kubernetes-group-version-kind") : nullptr;
    if (kinds == nullptr || !kinds->is_array()) continue;
    for (const Json& kind : kinds->get_array()) {
      if (base::string_at(kind, "group") == resource.group && base::string_at(kind, "version") == resource.version &&
          base::string_at(kind, "kind") == resource.kind) {
        return &schema;
      }
    }
  }
  return nullptr;
}

const Json& SchemaText::resolve(const Json& schema) const {
  const std::string_view reference = reference_of(schema);
  const Json* schemas = base::find_path(document_, "components.schemas");
  if (reference.empty() || schemas == nullptr || !schemas->is_object()) return schema;
  const Json* found = object_at(*schemas, last_part(reference, '/'));
  return found == nullptr ? schema : *found;
}

const Json* SchemaText::property(const Json& schema, std::string_view name,
                                 std::set<std::string, std::less<>> seen) const {
  if (const auto reference = reference_of(schema); !reference.empty() && !seen.emplace(reference).second)
    return nullptr;
  const Json& resolved = resolve(schema);
  const Json* properties = object_at(resolved, "properties");
  if (properties != nullptr) {
    if (const Json* found = object_at(*properties, name)) return found;
  }
  for (const Json* part : parts_of(resolved)) {
    if (const Json* found = property(*part, name, seen)) return found;
  }
  return nullptr;
}

const Json* SchemaText::follow(const Json& schema, const std::vector<std::string>& path) const {
  const Json* at = &schema;
  for (const std::string& name : path) {
    at = property(*at, name, {});
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::string SchemaText::type_of(const Json& schema) const {
  if (const Json* items = object_at(schema, "items")) return "[]" + type_of(*items);
  if (const Json* values = object_at(schema, "additionalProperties")) return "map[string]" + type_of(*values);
  const Json* all = schema.get_object().if_contains("allOf");
  if (all != nullptr && all->is_array() && all->get_array().size() == 1 && object_at(schema, "properties") == nullptr) {
    return type_of(all->get_array().front());
  }
  const Json& resolved = resolve(schema);
  const std::string_view type = base::string_at(resolved, "type");
  if (&resolved != &schema && (type.empty() || type == "object")) {
    return std::string(last_part(last_part(reference_of(schema), '/'), '.'));
  }
  return type.empty() || type == "object" ? "Object" : std::string(type);
}

std::string SchemaText::description_of(const Json& schema) const {
  const Json& resolved = resolve(schema);
  std::string text(base::string_at(resolved, "description"));
  for (const Json* part : parts_of(resolved)) {
    const std::string below = description_of(*part);
    if (!below.empty()) text += (text.empty() ? "" : "\n") + below;
  }
  return text;
}

std::string SchemaText::enum_of(const Json& schema, std::size_t limit, std::string_view between) {
  const Json* values = schema.get_object().if_contains("enum");
  if (values == nullptr || !values->is_array()) return "";
  std::string text;
  std::size_t count = 0;
  for (const Json& value : values->get_array()) {
    if (count == limit) return text + ", ....";
    if (count++ > 0) text += between;
    const bool plain = value.is_string() && !value.get_string().empty();
    text += plain ? std::string(value.get_string()) : base::to_canonical(value);
  }
  return text;
}

void SchemaText::add_field(std::string& text, std::string_view name, const Json& parent, const Json& schema,
                           std::size_t level) const {
  const std::size_t indent = level * 2;
  text.append(indent, ' ').append(name).append("\t<").append(type_of(schema)).append(">");
  if (const Json* required = parent.get_object().if_contains("required"); required != nullptr && required->is_array()) {
    const auto& names = required->get_array();
    const bool is_required = std::any_of(names.begin(), names.end(),
                                         [&](const Json& one) { return one.is_string() && one.get_string() == name; });
    if (is_required) text += " -required-";
  }
  text += '\n';
  const std::string values = enum_of(schema, kEnumsShown, ", ");
  if (!values.empty()) text.append(indent, ' ').append("enum: ").append(values).append("\n");
  if (fields_ == Fields::Recursive) return;
  const std::string_view description = base::string_at(schema, "description");
  text += wrap_text(description.empty() ? "<no description>" : description, kWidth + 2 - indent, indent + 2) + "\n";
}

void SchemaText::add_fields(std::string& text, const Json& schema, Place place) const {
  const auto reference = reference_of(schema);
  if (!reference.empty() && !place.seen.emplace(reference).second) return;
  const Json& resolved = resolve(schema);
  if (const Json* properties = object_at(resolved, "properties")) {
    std::vector<std::string_view> names;
    for (const auto& [name, field] : properties->get_object()) names.push_back(name);
    std::sort(names.begin(), names.end());
    for (const std::string_view name : names) {
      const Json& field = properties->get_object().at(name);
      add_field(text, name, resolved, field, place.level);
      if (fields_ == Fields::Recursive) add_fields(text, field, {place.level + 1, place.seen});
    }
  }
  for (const Json* part : parts_of(resolved)) add_fields(text, *part, place);
}

}  // namespace

std::string wrap_text(std::string_view text, std::size_t width, std::size_t indent) {
  std::string wrapped;
  for (std::size_t from = 0; from <= text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    std::string line;
    std::string_view rest = text.substr(from, end - from);
    while (!rest.empty()) {
      // A word with the white space before it, which stays unless the line breaks there.
      const auto start = std::min(rest.find_first_not_of(' '), rest.size());
      const auto stop = std::min(rest.find(' ', start), rest.size());
      if (!line.empty() && width_of(line) + width_of(rest.substr(0, stop)) > width) {
        wrapped.append(indent, ' ').append(line).append("\n");
        line = rest.substr(start, stop - start);
      } else {
        line += rest.substr(0, stop);
      }
      rest.remove_prefix(stop);
    }
    wrapped.append(indent, ' ').append(line).append("\n");
    from = end + 1;
  }
  return wrapped;
}

std::string explain_schema(const Json& document, const Resource& resource, const std::vector<std::string>& path,
                           Fields fields) {
  const SchemaText schemas(document, fields);
  const Json* kind = schemas.of_kind(resource);
  if (kind == nullptr) {
    throw base::bad_request("the server's OpenAPI does not describe " + resource.kind + " of " +
                            resource.api_version());
  }
  const Json* schema = schemas.follow(*kind, path);
  if (schema == nullptr) throw base::bad_request("field \"" + path.back() + "\" does not exist");
  std::string text;
  if (!resource.group.empty()) text += "GROUP:      " + resource.group + "\n";
  text += "KIND:       " + resource.kind + "\nVERSION:    " + resource.version + "\n\n";
  if (!path.empty()) {
    text += "FIELD: " + path.back() + " <" + schemas.type_of(*schema) + ">\n";
    const std::string values = SchemaText::enum_of(*schema, std::string::npos, "\n    ");
    if (!values.empty()) text += "ENUM:\n    " + values + "\n";
    text += "\n";
  }
  const std::string description = schemas.description_of(*schema);
  text += "DESCRIPTION:\n" + wrap_text(description.empty() ? "<empty>" : description, kWidth, 4) + "\n";
  std::string below;
  schemas.add_fields(below, *schema, {});
  if (!below.empty()) text += "FIELDS:\n" + below;
  return text + "\n";
}

}  // namespace berth::cli
