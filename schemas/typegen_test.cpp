// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/status.hpp"
#include "schemas/typegen/model.hpp"

namespace berth::schemas::typegen {

namespace {

Model model_of(const char* root) {
  Model model;
  model.add_object_meta(base::parse_json(R"({"type": "object", "x-berth-type": "ObjectMeta"})"));
  model.add_kind("Thing", base::parse_json(root));
  return model;
}

}  // namespace

TEST(Typegen, NamesMembers) {
  EXPECT_EQ(to_snake_case("hostIP"), "host_ip");
  EXPECT_EQ(to_snake_case("containerID"), "container_id");
  EXPECT_EQ(to_snake_case("deviceIDs"), "device_ids");
  EXPECT_EQ(to_snake_case("ipv4Address"), "ipv4_address");
  EXPECT_EQ(to_snake_case("enableIPv6"), "enable_ipv6");
  EXPECT_EQ(to_snake_case("ContainerSpec"), "container_spec");
  EXPECT_EQ(to_snake_case("fieldsV1"), "fields_v1");
  EXPECT_EQ(to_snake_case("readOnlyRootFilesystem"), "read_only_root_filesystem");
}

TEST(Typegen, HeldStructsComeFirst) {
  const Model model = model_of(R"({"type": "object", "properties": {"spec": {"type": "object", "x-berth-type": "Spec",
      "properties": {"parts": {"type": "array", "items": {"type": "object", "x-berth-type": "Part"}}}}}})");
  std::vector<std::string> names;
  for (const Struct& type : model.structs()) names.push_back(type.name);
  EXPECT_EQ(names, (std::vector<std::string>{"ObjectMeta", "Part", "Spec", "Thing"}));
}

TEST(Typegen, LeavesSealedFieldsOut) {
  const Model model = model_of(
      R"({"type": "object", "properties": {"data": {"type": "string", "x-berth-sealed": true}, "type": {"type": "string"}}})");
  const Struct& thing = model.structs().back();
  ASSERT_EQ(thing.members.size(), 2u);
  EXPECT_EQ(thing.members[0].cpp, "metadata");
  EXPECT_EQ(thing.members[1].cpp, "type");
}

TEST(Typegen, RefusesWhatCannotBeAStruct) {
  for (const char* root : {R"({"type": "object", "properties": {"a": {"type": "object"}}})",
                           R"({"type": "object", "properties": {"default": {"type": "string"}}})",
                           R"({"type": "object", "properties": {"a": {"type": "number"}}})",
                           R"({"type": "object", "properties": {"a": {"type": "object", "x-berth-type": "X"},
            "b": {"type": "object", "x-berth-type": "X", "properties": {"c": {"type": "string"}}}}})"}) {
    EXPECT_THROW(model_of(root), base::Status) << root;
  }
}

}  // namespace berth::schemas::typegen
