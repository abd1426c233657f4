// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/field_set.hpp"

#include <gtest/gtest.h>

namespace berth::resources {
namespace {

FieldSet set_of(std::string_view json) {
  auto set = FieldSet::read(base::parse_json(json));
  EXPECT_TRUE(set.has_value()) << json;
  return set.value_or(FieldSet());
}

std::string text_of(const FieldSet& set) {
  std::string out;
  set.append_json(out);
  return out;
}

constexpr std::string_view kPorts =
    R"({"f:spec":{".":{},"f:image":{},"f:ports":{"k:{\"name\":\"http\",\"port\":80}":{".":{},"f:hostPort":{}}}}})";

TEST(FieldSet, ReadsAndWritesUpstreamsForm) {
  EXPECT_EQ(text_of(set_of(kPorts)), kPorts);
  EXPECT_EQ(text_of(FieldSet()), "{}");
  EXPECT_EQ(text_of(set_of("{}")), "{}");
  EXPECT_EQ(text_of(set_of(R"({"f:a":{".":{}}})")), R"({"f:a":{}})");
}

TEST(FieldSet, EqualElementsHaveOneForm) {
  EXPECT_EQ(text_of(set_of(R"({"k:{\"b\":1.0, \"a\":\"<x>\"}":{}})")),
            R"({"k:{\"a\":\"\\u003cx\\u003e\",\"b\":1}":{}})");
  EXPECT_EQ(text_of(set_of(R"({"v:8e1":{},"v:80":{},"i:+3":{},"i:003":{}})")), R"({"i:3":{},"v:80":{}})");
}

TEST(FieldSet, UnknownElementsAreDroppedAndBrokenOnesRefused) {
  EXPECT_EQ(text_of(set_of(R"({"f:a":{},"z:new":{"f:b":{}}})")), R"({"f:a":{}})");
  for (const char* broken : {R"({"a":{}})", R"({"f":{}})", R"({"fa:b":{}})", R"({"v:nope":{}})", R"({"k:[1]":{}})",
                             R"({"k:{}x":{}})", R"({"i:x":{}})", R"({"f:a":[]})", R"(["f:a"])", R"("f:a")"}) {
    EXPECT_FALSE(FieldSet::read(base::parse_json(broken))) << broken;
  }
}

TEST(FieldSet, Algebra) {
  FieldSet all = set_of(R"({"f:a":{".":{},"f:b":{}},"f:c":{}})");
  const FieldSet some = set_of(R"({"f:a":{},"f:d":{}})");
  EXPECT_EQ(text_of(all.intersect(some)), R"({"f:a":{}})");
  FieldSet both = all;
  both.unite(some);
  EXPECT_EQ(text_of(both), R"({"f:a":{".":{},"f:b":{}},"f:c":{},"f:d":{}})");
  all.subtract(some);  // a field goes, what is below it stays
  EXPECT_EQ(text_of(all), R"({"f:a":{"f:b":{}},"f:c":{}})");
  all.remove("f:a");
  EXPECT_EQ(text_of(all), R"({"f:c":{}})");
  all.subtract(all);
  EXPECT_TRUE(all.empty());
}

TEST(FieldSet, PathsNameAFieldBeforeWhatIsBelow) {
  const std::vector<std::string> paths{R"(.spec)", R"(.spec.image)", R"(.spec.ports[name="http",port=80])",
                                       R"(.spec.ports[name="http",port=80].hostPort)"};
  EXPECT_EQ(set_of(kPorts).paths(), paths);
  EXPECT_EQ(set_of(R"({"f:a":{"v:\"x\"":{},"i:3":{}}})").paths(),
            (std::vector<std::string>{R"(.a[3])", R"(.a[="x"])"}));
}

}  // namespace
}  // namespace berth::resources
