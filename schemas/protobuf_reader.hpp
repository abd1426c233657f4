// SPDX-License-Identifier: Apache-2.0
#pragma once
// Protobuf bytes, field by field. https://protobuf.dev/programming-guides/encoding/
#include <cstdint>
#include <optional>
#include <string_view>

namespace berth::schemas {

struct ProtobufValue {
  std::uint32_t number = 0;
  enum class Wire { Varint, Bytes, Other } wire = Wire::Other;
  std::uint64_t varint = 0;
  std::string_view bytes;  // into the message
};

class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view message) : rest_(message) {}

  // Nothing at the end. Throws BadRequest for what is no protobuf. Groups, which proto3 has no more, are none.
  std::optional<ProtobufValue> next();

 private:
  std::uint64_t take_varint();
  std::string_view take(std::uint64_t size);

  std::string_view rest_;
};

}  // namespace berth::schemas
