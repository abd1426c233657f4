// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/managed_fields.hpp"

#include <gtest/gtest.h>

namespace berth::resources {
namespace {

std::optional<ManagedFields> read(std::string_view json) { return ManagedFields::read(base::parse_json(json)); }

std::string entry(std::string_view manager, std::string_view operation, std::string_view time) {
  return R"({"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:)" + std::string(manager) +
         R"(":{}},"manager":")" + std::string(manager) + R"(","operation":")" + std::string(operation) +
         R"(","time":")" + std::string(time) + R"("})";
}

TEST(ManagedFields, AreWrittenInUpstreamsOrder) {
  const std::string list =
      "[" + entry("c", "Update", "2026-01-01T00:00:02Z") + "," + entry("b", "Update", "2026-01-01T00:00:01Z") + "," +
      entry("a", "Update", "2026-01-01T00:00:02Z") + "," + entry("z", "Apply", "2026-01-01T00:00:09Z") + "]";
  const std::string sorted =
      "[" + entry("z", "Apply", "2026-01-01T00:00:09Z") + "," + entry("b", "Update", "2026-01-01T00:00:01Z") + "," +
      entry("a", "Update", "2026-01-01T00:00:02Z") + "," + entry("c", "Update", "2026-01-01T00:00:02Z") + "]";
  EXPECT_EQ(read(list)->text(), sorted);
  EXPECT_EQ(base::to_canonical(base::parse_json(sorted)), sorted);
  EXPECT_EQ(ManagedFields().text(), "");
  EXPECT_TRUE(read("null")->empty());
}

TEST(ManagedFields, ATimeIsAWholeSecondInUtc) {
  const auto managed = read("[" + entry("a", "Update", "2026-01-01T02:00:00.9+02:00") + "]");
  EXPECT_NE(managed->text().find(R"("time":"2026-01-01T00:00:00Z")"), std::string::npos);
}

TEST(ManagedFields, WhatUpstreamCannotReadIsNothing) {
  for (const char* bad :
       {R"([{"manager":"a"}])", R"([{"manager":"a","operation":"Delete","apiVersion":"v1","fieldsType":"FieldsV1"}])",
        R"([{"manager":"a","operation":"Update","fieldsType":"FieldsV1"}])",
        R"([{"manager":"a","operation":"Update","apiVersion":"v1"}])",
        R"([{"manager":"a","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV2"}])",
        R"([{"operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"bad":{}}}])"}) {
    EXPECT_FALSE(read(bad)) << bad;
  }
  for (const char* wrong : {R"({})", R"([1])", R"([{"manager":1}])", R"([{"time":"yesterday"}])"}) {
    EXPECT_THROW(read(wrong), base::Status) << wrong;
  }
}

TEST(ManagedFields, NamesWhatAClientMayNotWrite) {
  std::string list = "[" + entry(std::string(129, 'm'), "Update", "2026-01-01T00:00:00Z") + "]";
  auto causes = read(list)->check();
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_EQ(causes[0].field, "metadata.managedFields[0].manager");
  EXPECT_EQ(causes[0].reason, "FieldValueTooLong");
  list = R"([{"apiVersion":"v1","fieldsType":"FieldsV1","manager":"a\nb","operation":"Update"}])";
  causes = read(list)->check();
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_EQ(causes[0].message, R"(Invalid value: "a\nb": should only contain printable characters)");
}

TEST(ManagedFields, TheOldestUpdatersBecomeOne) {
  std::string list;
  for (int at = 10; at < 23; ++at) {
    const std::string number = std::to_string(at);
    list += (list.empty() ? "[" : ",") + entry("m" + number, "Update", "2026-01-01T00:00:" + number + "Z");
  }
  ManagedFields managed = *read(list + "," + entry("applier", "Apply", "2026-01-01T00:00:00Z") + "]");
  managed.cap_updaters();
  ASSERT_EQ(managed.entries().size(), 11u);
  const ManagedEntry* old = managed.find({"ancient-changes", ManagedBy::Update, "v1", ""});
  ASSERT_NE(old, nullptr);
  EXPECT_EQ(old->fields.paths(), (std::vector<std::string>{".m10", ".m11", ".m12", ".m13"}));
  EXPECT_EQ(base::format_time(*old->time), "2026-01-01T00:00:13Z");
  // The next one joins them.
  managed.set({{"new", ManagedBy::Update, "v1", ""},
               base::parse_time("2026-01-01T00:01:00Z"),
               *FieldSet::read(base::parse_json(R"({"f:new":{}})"))});
  managed.cap_updaters();
  EXPECT_EQ(managed.entries().size(), 11u);
  EXPECT_EQ(managed.find({"ancient-changes", ManagedBy::Update, "v1", ""})->fields.paths().size(), 5u);
}

TEST(ManagedFields, AnApplierIsOneWhateverTheVersion) {
  const ManagerIdentity one{"a", ManagedBy::Apply, "v1", ""};
  EXPECT_TRUE(one.is_same({"a", ManagedBy::Apply, "v2", ""}));
  EXPECT_FALSE(one.is_same({"a", ManagedBy::Apply, "v1", "status"}));
  EXPECT_FALSE(ManagerIdentity({"a", ManagedBy::Update, "v1", ""}).is_same({"a", ManagedBy::Update, "v2", ""}));
  EXPECT_EQ(one.describe(), "\"a\"");
  EXPECT_EQ(ManagerIdentity({"a", ManagedBy::Update, "v1", "status"}).describe(),
            "\"a\" with subresource \"status\" using v1");
}

}  // namespace
}  // namespace berth::resources
