// SPDX-License-Identifier: Apache-2.0
#include "schemas/protobuf_writer.hpp"

#include <algorithm>
#include <bit>

#include "base/status.hpp"

namespace berth::schemas {

using base::Json;

namespace {

enum class WireType : std::uint32_t { Varint = 0, Fixed64 = 1, Bytes = 2 };

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void append_tag(std::string& out, std::uint32_t number, WireType type) {
  append_varint(out, number << 3 | static_cast<std::uint32_t>(type));
}

void append_number(std::string& out, std::uint32_t number, double value) {
  append_tag(out, number, WireType::Fixed64);
  auto bits = std::bit_cast<std::uint64_t>(value);
  for (int i = 0; i < 8; ++i, bits >>= 8) out += static_cast<char>(bits & 0xff);
}

void append_integer(std::string& out, std::uint32_t number, std::uint64_t value) {
  append_tag(out, number, WireType::Varint);
  append_varint(out, value);
}

void append_message(std::string& out, std::uint32_t number, const Message& message, const Json& value) {
  std::string fields;
  append_fields(fields, message, value);
  append_text(out, number, fields);
}

void append_any(std::string& out, std::uint32_t number, const Json& value) {
  constexpr std::uint32_t kYaml = 2;
  std::string fields;
  append_text(fields, kYaml, base::to_canonical(value) + "\n");
  append_text(out, number, fields);
}

void append_list(std::string& out, const Field& field, const Json& value) {
  for (const Json& item : value.as_array()) {
    if (field.wire == Wire::Texts) append_text(out, field.number, item.as_string());
    if (field.wire == Wire::Anys) append_any(out, field.number, item);
    if (field.wire == Wire::Many) append_message(out, field.number, *field.message, item);
  }
}

void append_field(std::string& out, const Field& field, const Json& value) {
  switch (field.wire) {
    case Wire::Text:
      if (!value.as_string().empty()) append_text(out, field.number, value.as_string());
      return;
    case Wire::Flag:
      if (value.as_bool()) append_integer(out, field.number, 1);
      return;
    case Wire::Integer:
      if (value.to_number<std::int64_t>() != 0) {
        append_integer(out, field.number, static_cast<std::uint64_t>(value.to_number<std::int64_t>()));
      }
      return;
    case Wire::Number:
      if (value.to_number<double>() != 0) append_number(out, field.number, value.to_number<double>());
      return;
    case Wire::Any:
      return append_any(out, field.number, value);
    case Wire::One:
      return append_message(out, field.number, *field.message, value);
    case Wire::Texts:
    case Wire::Anys:
    case Wire::Many:
      return append_list(out, field, value);
  }
}

// An arm is written even when it holds nothing: which one it is says something.
void append_arm(std::string& out, const Arm& arm, const Json& value) {
  if (arm.number == 0) return;
  if (arm.message) return append_message(out, arm.number, *arm.message, value);
  if (value.is_string()) return append_text(out, arm.number, value.get_string());
  if (value.is_bool()) return append_integer(out, arm.number, value.get_bool() ? 1 : 0);
  if (value.is_number()) return append_number(out, arm.number, value.to_number<double>());
  for (const Json& item : value.as_array()) append_text(out, arm.number, item.as_string());
}

void append_extension(std::string& out, std::uint32_t number, std::string_view name, const Json& value) {
  constexpr std::uint32_t kName = 1;
  constexpr std::uint32_t kValue = 2;
  std::string fields;
  append_text(fields, kName, name);
  append_any(fields, kValue, value);
  append_text(out, number, fields);
}

}  // namespace

void append_text(std::string& out, std::uint32_t number, std::string_view text) {
  append_tag(out, number, WireType::Bytes);
  append_varint(out, text.size());
  out.append(text);
}

void append_named(std::string& out, std::uint32_t number, std::string_view name, const Message& message,
                  const Json& value) {
  constexpr std::uint32_t kName = 1;
  constexpr std::uint32_t kValue = 2;
  std::string fields;
  append_text(fields, kName, name);
  append_message(fields, kValue, message, value);
  append_text(out, number, fields);
}

void append_fields(std::string& out, const Message& message, const Json& value) {
  if (message.choose) return append_arm(out, message.choose(value), value);
  for (const auto& [key, part] : value.as_object()) {
    const std::string_view name = key;
    const auto field = std::ranges::find(message.fields, name, &Field::key);
    if (field != message.fields.end()) {
      append_field(out, *field, part);
    } else if (message.extensions != 0 && name.starts_with("x-")) {
      append_extension(out, message.extensions, name, part);
    } else if (message.others != 0) {
      append_named(out, message.others, name, *message.other, part);
    } else {
      throw base::internal_error("no protobuf field for " + std::string(name));
    }
  }
}

}  // namespace berth::schemas
