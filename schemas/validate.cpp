// SPDX-License-Identifier: Apache-2.0
#include <re2/re2.h>

#include <algorithm>
#include <limits>

#include "schemas/admit.hpp"
#include "schemas/causes.hpp"
#include "schemas/distinct_items.hpp"
#include "schemas/metadata_rules.hpp"
#include "schemas/schema.hpp"

namespace berth::schemas {

using base::JsonArray;
using base::JsonObject;

namespace {

void check_value(const Schema& schema, const Json& value, const Place& at, Causes& causes);

std::string in_body(const Place& at, std::string_view what) { return at.text() + " in body " + std::string(what); }

// Characters, as OpenAPI counts.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void check_format(const Schema& schema, std::string_view text, const Json& value, const Place& at, Causes& causes) {
  if (!schema.format || (text.empty() && schema.format->empty_is_unset)) return;
  const std::string_view why = schema.format->check(text);
  if (why.empty()) return;
  if (schema.format->name == "date-time") return causes.format_invalid(at.text(), schema.format->name, value);
  causes.invalid(at.text(), value, why);
}

void check_string(const Schema& schema, const Json& value, const Place& at, Causes& causes) {
  const std::string_view text = value.get_string();
  if (!schema.values.empty() && std::find(schema.values.begin(), schema.values.end(), text) == schema.values.end()) {
    return causes.not_supported(at.text(), value, schema.values);
  }
  if (schema.min_length && text.size() < *schema.min_length * 4 && length_of(text) < *schema.min_length) {
    const std::string what = "should be at least " + std::to_string(*schema.min_length) + " chars long";
    return causes.invalid(at.text(), value, in_body(at, what));
  }
  if (schema.max_length && text.size() > *schema.max_length && length_of(text) > *schema.max_length) {
    return causes.too_long(at.text(), *schema.max_length);
  }
  if (schema.regex && !re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *schema.regex)) {
    return causes.invalid(at.text(), value, in_body(at, "should match '" + schema.pattern + "'"));
  }
  check_format(schema, text, value, at, causes);
}

void check_integer(const Schema& schema, const Json& value, const Place& at, Causes& causes) {
  if (value.is_uint64()) {
    // Only what is above int64 is read as one.
    const std::int64_t most = schema.maximum.value_or(std::numeric_limits<std::int64_t>::max());
    return causes.invalid(at.text(), value, in_body(at, "should be less than or equal to " + std::to_string(most)));
  }
  if (!value.is_int64()) return causes.type_invalid(at.text(), "integer", value);
  const std::int64_t number = value.get_int64();
  if (schema.minimum && number < *schema.minimum) {
    const std::string what = "should be greater than or equal to " + std::to_string(*schema.minimum);
    causes.invalid(at.text(), value, in_body(at, what));
  } else if (schema.maximum && number > *schema.maximum) {
    const std::string what = "should be less than or equal to " + std::to_string(*schema.maximum);
    causes.invalid(at.text(), value, in_body(at, what));
  }
}

void check_int_or_string(const Schema& schema, const Json& value, const Place& at, Causes& causes) {
  if (value.is_string()) return check_format(schema, std::string_view(value.get_string()), value, at, causes);
  if (!value.is_int64()) return causes.type_invalid(at.text(), "integer,string", value);
  check_format(schema, std::to_string(value.get_int64()), value, at, causes);
}

void check_object(const Schema& schema, const Json& value, const Place& at, Causes& causes) {
  if (!value.is_object()) return causes.type_invalid(at.text(), "object", value);
  const JsonObject& object = value.get_object();
  for (const std::string& name : schema.required) {
    if (!object.contains(name)) causes.required(at.field(name).text());
  }
  for (const auto& [key, item] : object) {
    if (const Schema* below = schema.find(key)) check_value(*below, item, at.field(key), causes);
  }
  if (schema.rules) schema.rules->check(value, at, causes);
}

void check_map(const Schema& schema, const Json& value, const Place& at, Causes& causes) {
  if (!value.is_object()) return causes.type_invalid(at.text(), "object", value);
  std::size_t total = 0;
  for (const auto& [key, item] : value.get_object()) {
    const std::string_view why = schema.keys_format ? schema.keys_format->check(key) : std::string_view();
    if (!why.empty()) causes.invalid_key(at.text(), key, why);
    // Upstream's rules for labels and data name the key in brackets; a schema's type names it as a field.
    check_value(*schema.items, item, item.is_string() ? at.key(key) : at.field(key), causes);
    total += key.size() + (item.is_string() ? item.get_string().size() : 0);
  }
  if (schema.max_total && total > schema.max_total) causes.too_long(at.text(), schema.max_total);
}

void check_array(const Schema& schema, const Json& value, const Place& at, Causes& causes) {
  if (!value.is_array()) return causes.type_invalid(at.text(), "array", value);
  const JsonArray& array = value.get_array();
  if (schema.max_items && array.size() > *schema.max_items) {
    return causes.too_many(at.text(), array.size(), *schema.max_items);
  }
  if (schema.min_items && array.size() < *schema.min_items) {
    const std::string what = "should have at least " + std::to_string(*schema.min_items) + " items";
    causes.invalid(at.text(), Json(static_cast<std::int64_t>(array.size())), in_body(at, what));
  }
  for (std::size_t i = 0; i < array.size(); ++i) check_value(*schema.items, array[i], at.item(i), causes);
  if (!schema.first_values.empty() && !array.empty() && array[0].is_string()) {
    const auto& known = schema.first_values;
    if (std::find(known.begin(), known.end(), std::string_view(array[0].get_string())) == known.end()) {
      causes.not_supported(at.item(0).text(), array[0], known);
    }
  }
  if (array.size() > 1) check_distinct(schema, array, at, causes);
}

void check_value(const Schema& schema, const Json& value, const Place& at, Causes& causes) {
  if (causes.is_full()) return;
  const Causes::SealedPart sealed(causes, schema.sealed);
  switch (schema.type) {
    case SchemaType::Object:
      return check_object(schema, value, at, causes);
    case SchemaType::Map:
      return check_map(schema, value, at, causes);
    case SchemaType::Array:
      return check_array(schema, value, at, causes);
    case SchemaType::String:
      if (!value.is_string()) return causes.type_invalid(at.text(), "string", value);
      return check_string(schema, value, at, causes);
    case SchemaType::Integer:
      return check_integer(schema, value, at, causes);
    case SchemaType::Boolean:
      if (!value.is_bool()) causes.type_invalid(at.text(), "boolean", value);
      return;
    case SchemaType::IntOrString:
      return check_int_or_string(schema, value, at, causes);
    case SchemaType::Any:
      return;
  }
}

bool counts_as_unset(const Json& value) {
  return (value.is_array() && value.get_array().empty()) || (value.is_object() && value.get_object().empty());
}

void check_served(const Kind& kind, const Json& object, Causes& causes) {
  for (const NotServed& row : kind.schema->marks->not_served) {
    if (!row.path.first(object)) continue;
    row.path.each(object, Place(), [&](const Json& value, const Place& at) {
      if (row.values.empty()) {
        if (!counts_as_unset(value)) causes.forbidden(at.text(), "not served yet");
        return;
      }
      const bool listed = value.is_string() && std::find(row.values.begin(), row.values.end(),
                                                         std::string_view(value.get_string())) != row.values.end();
      if (listed) causes.invalid(at.text(), value, "not served yet");
    });
  }
}

void check_all(const Kind& kind, const Json& object, Causes& causes) {
  check_value(*kind.schema, object, Place(), causes);
  check_metadata(kind, object, causes);
  check_served(kind, object, causes);
}

void check_immutable(const Schema& schema, const Json& value, const Json& before, const Place& at, Causes& causes) {
  static const Json kAbsent;
  if (schema.immutable) {
    if (!base::json_equal(value, before)) causes.invalid(at.text(), value, "field is immutable");
    return;
  }
  // Items of lists have no identity of their own here, so only properties are followed.
  if (schema.type != SchemaType::Object || !value.is_object() || !before.is_object()) return;
  for (const Property& property : schema.properties) {
    if (!property.schema->has_immutable) continue;
    const Json* now = value.get_object().if_contains(property.name);
    const Json* then = before.get_object().if_contains(property.name);
    const Place place = at.field(property.name);
    check_immutable(*property.schema, now ? *now : kAbsent, then ? *then : kAbsent, place, causes);
  }
  if (schema.rules) schema.rules->check_update(value, before, at, causes);
}

}  // namespace

std::vector<base::Cause> validate(const Kind& kind, const Json& object) {
  Causes causes;
  check_all(kind, object, causes);
  return causes.take();
}

std::vector<base::Cause> validate_update(const Kind& kind, const Json& object, const Json& before) {
  Causes causes;
  check_all(kind, object, causes);
  check_immutable(*kind.schema, object, before, Place(), causes);
  check_metadata_update(object, before, causes);
  return causes.take();
}

}  // namespace berth::schemas
