// SPDX-License-Identifier: Apache-2.0
#include "schemas/protobuf_reader.hpp"

#include "base/status.hpp"

namespace berth::schemas {
namespace {

base::Status cut_off() { return base::bad_request("unexpected EOF"); }

}  // namespace

std::optional<ProtobufValue> ProtobufReader::next() {
  if (rest_.empty()) return std::nullopt;
  const std::uint64_t tag = take_varint();
  ProtobufValue value;
  value.number = static_cast<std::uint32_t>(tag >> 3);
  if (value.number == 0 || tag >> 32 != 0) throw base::bad_request("proto: illegal tag " + std::to_string(tag >> 3));
  switch (tag & 7) {
    case 0:
      value.wire = ProtobufValue::Wire::Varint;
      value.varint = take_varint();
      return value;
    case 1:
      take(8);
      return value;
    case 2:
      value.wire = ProtobufValue::Wire::Bytes;
      value.bytes = take(take_varint());
      return value;
    case 5:
      take(4);
      return value;
    default:
      throw base::bad_request("proto: illegal wireType " + std::to_string(tag & 7));
  }
}

std::uint64_t ProtobufReader::take_varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(take(1).front());
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw base::bad_request("proto: integer overflow");
}

std::string_view ProtobufReader::take(std::uint64_t size) {
  if (size > rest_.size()) throw cut_off();
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

}  // namespace berth::schemas
