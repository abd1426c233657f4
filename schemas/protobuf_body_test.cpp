// SPDX-License-Identifier: Apache-2.0
// tests/golden/protobuf/bodies.jsonl: bodies as upstream's protobuf serializer writes them, beside the JSON of the same
// objects.
#include "schemas/protobuf_body.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/crypto.hpp"
#include "base/status.hpp"
#include "schemas/catalog.hpp"

namespace berth::schemas {
namespace {

using base::Json;

std::vector<Json> bodies() {
  std::ifstream file(BERTH_SOURCE_DIR "/tests/golden/protobuf/bodies.jsonl");
  std::vector<Json> bodies;
  for (std::string line; std::getline(file, line);) bodies.push_back(base::parse_json(line));
  return bodies;
}

std::string bytes_of(const Json& each) { return base::from_base64(base::string_at(each, "protobuf")); }

std::string refusal_of(std::string_view body) {
  try {
    read_protobuf_body(body);
  } catch (const base::Status& status) {
    return status.what();
  }
  return "";
}

// A string field below 16 of fewer than 128 bytes.
std::string field(int number, std::string_view bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())}.append(bytes);
}
std::string body_of(std::string_view version, std::string_view kind, std::string_view message) {
  return std::string("k8s\0", 4) + field(1, field(1, version) + field(2, kind)) + field(2, message);
}

// Upstream's JSON has a few empty texts and nulls that mean nothing.
Json without_empty(const Json& value) {
  if (!value.is_object()) return value;
  base::JsonObject rest;
  for (const auto& member : value.get_object()) {
    if (!member.value().is_null() && member.value() != "") rest[member.key()] = without_empty(member.value());
  }
  return rest;
}

TEST(ProtobufBody, IsTheObjectThatItsJsonIs) {
  ASSERT_GT(bodies().size(), 20u);
  for (const Json& each : bodies()) {
    const Json read = without_empty(read_protobuf_body(bytes_of(each)));
    EXPECT_EQ(base::to_canonical(read), base::to_canonical(without_empty(each.at("json"))));
  }
}

TEST(ProtobufBody, ThatIsCutOffIsRefusedOrShorter) {
  for (const Json& each : bodies()) {
    const std::string whole = bytes_of(each);
    int refused = 0;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string refusal = refusal_of(std::string_view(whole).substr(0, size));
      EXPECT_TRUE(refusal.empty() || refusal.starts_with("BadRequest: ")) << refusal;
      refused += refusal.empty() ? 0 : 1;
    }
    EXPECT_GT(refused, 4);
  }
}

TEST(ProtobufBody, NamesWhatIsWrong) {
  EXPECT_EQ(refusal_of("{}"),
            "BadRequest: provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  EXPECT_EQ(refusal_of(std::string_view("k8s\0", 4)), "BadRequest: Object 'Kind' is missing");
  EXPECT_EQ(refusal_of(body_of("v1", "Pod", "")), "BadRequest: no kind \"Pod\" is registered for version \"v1\"");
  EXPECT_EQ(refusal_of(body_of("berth.dev/v1", "Container", "")),
            "BadRequest: no kind \"Container\" is registered for version \"berth.dev/v1\"");
  EXPECT_EQ(refusal_of(body_of("v1", "ConfigMap", field(1, field(1, "\xff")))),
            "BadRequest: proto: a string is not UTF-8");
  EXPECT_EQ(refusal_of(body_of("v1", "ConfigMap", "\x08\x01")), "BadRequest: proto: wrong wireType for field 1");
  EXPECT_EQ(refusal_of(body_of("v1", "ConfigMap", "\x0b")), "BadRequest: proto: illegal wireType 3");
  EXPECT_EQ(refusal_of(body_of("v1", "ConfigMap", "\x02")), "BadRequest: proto: illegal tag 0");
  EXPECT_EQ(refusal_of(body_of("v1", "ConfigMap", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")),
            "BadRequest: proto: integer overflow");
  EXPECT_EQ(refusal_of(body_of("v1", "ConfigMap", "\x0a\x7f")), "BadRequest: unexpected EOF");
}

TEST(ProtobufBody, PassesOverWhatIsUnknown) {
  const std::string message = field(1, field(1, "m") + field(15, "later")) + field(9, "later") + "\x50\x01" +
                              std::string("\x5d\0\0\0\0", 5) + std::string("\x61\0\0\0\0\0\0\0\0", 9);
  EXPECT_EQ(base::to_canonical(read_protobuf_body(body_of("v1", "ConfigMap", message))),
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"}})");
}

// A kind whose fields have no numbers would lose them without a word.
void expect_numbers(const Schema& schema, const std::string& path) {
  for (const Property& property : schema.properties) {
    if (path.find('.') == std::string::npos && (property.name == "apiVersion" || property.name == "kind")) continue;
    EXPECT_NE(property.schema->protobuf.number, 0u) << path << "." << property.name;
    expect_numbers(*property.schema, path + "." + property.name);
  }
  if (schema.items) expect_numbers(*schema.items, path + "[]");
}

TEST(ProtobufBody, EveryFieldOfABuiltInKindHasANumber) {
  for (const Kind& kind : Catalog::instance().kinds()) {
    // Declarations are read-only.
    if (kind.built_in && kind.kind != "CustomResourceDefinition") expect_numbers(*kind.schema, kind.kind);
  }
}

}  // namespace
}  // namespace berth::schemas
