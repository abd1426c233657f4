// SPDX-License-Identifier: Apache-2.0
#include "schemas/protobuf_body.hpp"

#include <string>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/status.hpp"
#include "base/utf8.hpp"
#include "schemas/catalog.hpp"
#include "schemas/declarations.hpp"
#include "schemas/protobuf_reader.hpp"

namespace berth::schemas {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using Wire = ProtobufValue::Wire;

constexpr std::string_view kMagic("k8s\0", 4);

// Map entries and the few wrapped values hold theirs in these fields.
constexpr std::uint32_t kMapKey = 1;
constexpr std::uint32_t kMapValue = 2;
constexpr std::uint32_t kWrapped = 1;

void expect(const ProtobufValue& value, Wire wire) {
  if (value.wire == wire) return;
  throw base::bad_request("proto: wrong wireType for field " + std::to_string(value.number));
}

std::string text_of(std::string_view bytes) {
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t length = base::utf8_length(rest);
    if (length == 0) throw base::bad_request("proto: a string is not UTF-8");
    rest.remove_prefix(length);
  }
  return std::string(bytes);
}

// metav1.Time and metav1.MicroTime; an empty one is the zero time, which JSON has as null.
Json time_of(std::string_view message, const ProtobufField& field) {
  // The clock counts nanoseconds, and reaches from 1677 to 2262.
  constexpr std::int64_t kMostSeconds = 9'223'372'036;
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  if (message.empty()) return nullptr;
  ProtobufReader reader(message);
  while (const auto value = reader.next()) {
    if (value->number > 2) continue;
    expect(*value, Wire::Varint);
    (value->number == 1 ? seconds : nanos) = static_cast<std::int64_t>(value->varint);
  }
  if (seconds >= kMostSeconds || seconds <= -kMostSeconds || nanos < 0 || nanos >= 1'000'000'000) {
    throw base::bad_request("proto: a time is out of range");
  }
  const base::WallTime second{std::chrono::seconds(seconds)};
  return Json(field.micros ? base::format_micro_time(second + std::chrono::microseconds(nanos / 1000))
                           : base::format_time(second));
}

// The message that FieldsV1 and RawExtension are: JSON text in their first field.
Json json_of(std::string_view message) {
  ProtobufReader reader(message);
  Json json;
  while (const auto value = reader.next()) {
    if (value->number != kWrapped) continue;
    expect(*value, Wire::Bytes);
    json = base::parse_json(value->bytes);
  }
  return json;
}

void read_field(JsonObject& object, const Property& property, const ProtobufValue& value, const Schema& holder);
void read_fields(JsonObject& object, std::string_view message, const Schema& schema);

// A list that stands where only one value may: a message whose first field it is.
Json wrapped_list(std::string_view message, const Schema& list);

Json single(const ProtobufValue& value, const Schema& schema) {
  switch (schema.type) {
    case SchemaType::Integer:
      expect(value, Wire::Varint);
      return static_cast<std::int64_t>(value.varint);
    case SchemaType::Boolean:
      expect(value, Wire::Varint);
      return value.varint != 0;
    default:
      break;
  }
  expect(value, Wire::Bytes);
  if (schema.type == SchemaType::Object) {
    JsonObject object;
    read_fields(object, value.bytes, schema);
    return object;
  }
  if (schema.type == SchemaType::Any) return json_of(value.bytes);
  if (schema.type == SchemaType::Array) return wrapped_list(value.bytes, schema);
  if (schema.format == find_format("date-time")) return time_of(value.bytes, schema.protobuf);
  if (schema.format == find_format("base64")) return Json(base::to_base64(value.bytes));
  return Json(text_of(value.bytes));
}

Json wrapped_list(std::string_view message, const Schema& list) {
  JsonArray items;
  ProtobufReader reader(message);
  while (const auto value = reader.next()) {
    if (value->number == kWrapped) items.push_back(single(*value, *list.items));
  }
  return items;
}

void read_entry(JsonObject& map, const ProtobufValue& value, const Schema& schema) {
  expect(value, Wire::Bytes);
  std::string key;
  Json found(schema.items->type == SchemaType::String ? Json("") : Json(JsonArray()));
  ProtobufReader reader(value.bytes);
  while (const auto part = reader.next()) {
    if (part->number == kMapKey) {
      expect(*part, Wire::Bytes);
      key = text_of(part->bytes);
    } else if (part->number == kMapValue) {
      found = single(*part, *schema.items);
    }
  }
  map[key] = std::move(found);
}

bool is_required(const Schema& holder, const std::string& name) {
  return std::find(holder.required.begin(), holder.required.end(), name) != holder.required.end();
}

// Empty texts are on the wire whether or not they were set; JSON leaves them out.
bool is_unset(const Json& value, const Property& property, const Schema& holder) {
  if (value.is_null()) return true;
  if (const auto* text = value.if_string()) return text->empty() && !is_required(holder, property.name);
  return property.schema->protobuf.omits_zero && (value == 0 || value == false);
}

void read_field(JsonObject& object, const Property& property, const ProtobufValue& value, const Schema& holder) {
  const Schema& schema = *property.schema;
  if (schema.type == SchemaType::Map || schema.type == SchemaType::Array || schema.type == SchemaType::Object) {
    Json& standing = object[property.name];
    if (schema.type == SchemaType::Array) {
      if (!standing.is_array()) standing.emplace_array();
      standing.get_array().push_back(single(value, *schema.items));
      return;
    }
    if (!standing.is_object()) standing.emplace_object();
    if (schema.type == SchemaType::Map) return read_entry(standing.get_object(), value, schema);
    expect(value, Wire::Bytes);
    return read_fields(standing.get_object(), value.bytes, schema);
  }
  Json read = single(value, schema);
  if (!is_unset(read, property, holder)) object[property.name] = std::move(read);
}

void read_fields(JsonObject& object, std::string_view message, const Schema& schema) {
  ProtobufReader reader(message);
  while (const auto value = reader.next()) {
    for (const Property& property : schema.properties) {
      if (property.schema->protobuf.number == value->number) {
        read_field(object, property, *value, schema);
        break;
      }
    }
  }
}

struct Envelope {
  std::string api_version;
  std::string kind;
  std::string_view message;
};

Envelope open_envelope(std::string_view body) {
  if (!body.starts_with(kMagic)) {
    throw base::bad_request("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  }
  Envelope envelope;
  ProtobufReader reader(body.substr(kMagic.size()));
  while (const auto value = reader.next()) {
    if (value->number > 3) continue;
    expect(*value, Wire::Bytes);
    if (value->number == 2) envelope.message = value->bytes;
    if (value->number == 3 && !value->bytes.empty()) throw base::bad_request("the content encoding is not supported");
    if (value->number != 1) continue;
    ProtobufReader type(value->bytes);
    while (const auto part = type.next()) {
      if (part->number > 2) continue;
      expect(*part, Wire::Bytes);
      (part->number == 1 ? envelope.api_version : envelope.kind) = text_of(part->bytes);
    }
  }
  return envelope;
}

// Sent to every group, and stored by none.
const Schema& delete_options() {
  static const std::unique_ptr<Schema> kSchema =
      read_schema(base::parse_json(declarations()).at("meta_types").at("DeleteOptions"), "DeleteOptions");
  return *kSchema;
}

const Schema& schema_of(const Envelope& envelope) {
  if (envelope.kind.empty()) throw base::bad_request("Object 'Kind' is missing");
  if (envelope.kind == "DeleteOptions") return delete_options();
  const Kind* kind = Catalog::instance().find_kind(envelope.api_version, envelope.kind);
  if (kind != nullptr && kind->built_in) return *kind->schema;
  throw base::bad_request("no kind \"" + envelope.kind + "\" is registered for version \"" + envelope.api_version +
                          "\"");
}

}  // namespace

Json read_protobuf_message(std::string_view message, const Schema& schema) {
  JsonObject object;
  read_fields(object, message, schema);
  return object;
}

Json read_protobuf_body(std::string_view body) {
  const Envelope envelope = open_envelope(body);
  Json object = read_protobuf_message(envelope.message, schema_of(envelope));
  object.get_object()["apiVersion"] = envelope.api_version;
  object.get_object()["kind"] = envelope.kind;
  return object;
}

}  // namespace berth::schemas
