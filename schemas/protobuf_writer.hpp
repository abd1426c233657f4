// SPDX-License-Identifier: Apache-2.0
#pragma once
// JSON as protobuf bytes, led by a table of messages. https://protobuf.dev/programming-guides/encoding/
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace berth::schemas {

enum class Wire {
  Text,
  Flag,
  Integer,  // int64
  Number,   // double
  Texts,
  Any,  // gnostic's Any: the value as YAML text, for which JSON serves
  Anys,
  One,   // a message
  Many,  // a list of messages
};

struct Message;

// A JSON key and the field that it becomes.
struct Field {
  std::string_view key;
  std::uint32_t number;
  Wire wire;
  const Message* message = nullptr;  // of One and Many
};

// The arm of a oneof that a value takes: a message, or a text, flag or number by what the value is. Number 0: none.
struct Arm {
  std::uint32_t number = 0;
  const Message* message = nullptr;
};

struct Message {
  std::span<const Field> fields;
  std::uint32_t extensions = 0;                      // repeated NamedAny, one for each key that begins with "x-"
  std::uint32_t others = 0;                          // repeated Named..., one for each other key
  const Message* other = nullptr;                    // what the others are
  Arm (*choose)(const base::Json& value) = nullptr;  // set: the message is one oneof, and has nothing else
};

// Appends the fields of `value`. Empty texts, false and 0 are left out, as proto3 has it. Throws InternalError for a
// key that the table does not have.
void append_fields(std::string& out, const Message& message, const base::Json& value);
void append_text(std::string& out, std::uint32_t number, std::string_view text);
// The entry of a map, as gnostic has maps: a message of a name and a value.
void append_named(std::string& out, std::uint32_t number, std::string_view name, const Message& message,
                  const base::Json& value);

}  // namespace berth::schemas
