// SPDX-License-Identifier: Apache-2.0
// Bytes as https://protobuf.dev/programming-guides/encoding/ has them.
#include "schemas/protobuf_writer.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "base/status.hpp"

namespace berth::schemas {
namespace {

Arm choose(const base::Json& value);

constexpr Field kInnerFields[] = {{"count", 1, Wire::Integer}};
const Message kInner{kInnerFields};
const Message kUnion{{}, 0, 0, nullptr, choose};
Arm choose(const base::Json& value) { return value.is_object() ? Arm{1, &kInner} : Arm{2}; }

constexpr Field kFields[] = {
    {"name", 2, Wire::Text},          {"count", 1, Wire::Integer}, {"flag", 4, Wire::Flag},
    {"ratio", 5, Wire::Number},       {"words", 6, Wire::Texts},   {"inner", 3, Wire::One, &kInner},
    {"many", 7, Wire::Many, &kInner}, {"any", 16, Wire::Any},      {"union", 8, Wire::One, &kUnion}};
const Message kMessage{kFields, 9};
const Message kMap{{}, 0, 1, &kInner};

std::string bytes_of(const Message& message, const char* json) {
  std::string out;
  append_fields(out, message, base::parse_json(json));
  return base::to_hex(out);
}

TEST(ProtobufWriter, WritesScalars) {
  EXPECT_EQ(bytes_of(kMessage, R"({"count": 150})"), "089601");
  EXPECT_EQ(bytes_of(kMessage, R"({"count": -2})"), "08feffffffffffffffff01");
  EXPECT_EQ(bytes_of(kMessage, R"({"name": "testing"})"), "120774657374696e67");
  EXPECT_EQ(bytes_of(kMessage, R"({"flag": true})"), "2001");
  EXPECT_EQ(bytes_of(kMessage, R"({"ratio": 1})"), "29000000000000f03f");
  EXPECT_EQ(bytes_of(kMessage, R"({"words": ["a", ""]})"), "3201613200");
}

TEST(ProtobufWriter, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(bytes_of(kMessage, R"({"count": 0, "name": "", "flag": false, "ratio": 0, "words": []})"), "");
}

TEST(ProtobufWriter, WritesMessages) {
  EXPECT_EQ(bytes_of(kMessage, R"({"inner": {"count": 150}})"), "1a03089601");
  EXPECT_EQ(bytes_of(kMessage, R"({"inner": {}})"), "1a00");
  EXPECT_EQ(bytes_of(kMessage, R"({"many": [{"count": 1}, {}]})"), "3a0208013a00");
}

TEST(ProtobufWriter, WritesTheArmThatAValueTakes) {
  EXPECT_EQ(bytes_of(kMessage, R"({"union": {"count": 1}})"), "42040a020801");
  EXPECT_EQ(bytes_of(kMessage, R"({"union": false})"), "42021000");
  EXPECT_EQ(bytes_of(kMessage, R"({"union": "ab"})"), "420412026162");
}

TEST(ProtobufWriter, WritesAnyValueAsText) {
  // 16 << 3 | 2 in two bytes, then Any{yaml = 2}.
  EXPECT_EQ(bytes_of(kMessage, R"({"any": {"a": 1}})"), "82010a12087b2261223a317d0a");
}

TEST(ProtobufWriter, WritesExtensionsAndEntries) {
  EXPECT_EQ(bytes_of(kMessage, R"({"x-a": 1})"),
            "4a0b0a03782d611204120231"
            "0a");
  EXPECT_EQ(bytes_of(kMap, R"({"b": {"count": 1}})"), "0a070a016212020801");
}

TEST(ProtobufWriter, RefusesAKeyWithoutField) { EXPECT_THROW(bytes_of(kMessage, R"({"nope": 1})"), base::Status); }

}  // namespace
}  // namespace berth::schemas
