// SPDX-License-Identifier: Apache-2.0
#include "cli/csa_upgrade.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

using base::Json;
using base::parse_json;

constexpr const char* kOwned =
    R"("f:metadata":{"f:annotations":{".":{},"f:kubectl.kubernetes.io/last-applied-configuration":{}}})";

Json object_with(const std::string& entries) {
  return parse_json(R"({"metadata":{"managedFields":[)" + entries + "]}}");
}

std::string entry(const std::string& manager, const std::string& operation, const std::string& fields,
                  const std::string& more = "") {
  return R"({"manager":")" + manager + R"(","operation":")" + operation +
         R"(","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{)" + fields + "}" + more + "}";
}

std::string upgraded(const std::string& entries) {
  const auto result = upgrade_managers(object_with(entries), "berth");
  return result ? base::to_canonical(*result) : "nothing";
}

std::string canonical(const std::string& entries) { return base::to_canonical(parse_json("[" + entries + "]")); }

TEST(CsaUpgrade, LeavesWhatClientSideApplyNeverWrote) {
  EXPECT_EQ(upgraded(entry("editor", "Update", R"("f:data":{"f:a":{}})")), "nothing");
  EXPECT_EQ(upgraded(entry("kubectl", "Apply", kOwned)), "nothing");
  EXPECT_EQ(upgraded(entry("kubectl", "Update", kOwned, R"(,"subresource":"status")")), "nothing");
  EXPECT_FALSE(upgrade_managers(parse_json(R"({"metadata":{}})"), "berth"));
}

TEST(CsaUpgrade, TheUpdateBecomesAnApply) {
  const std::string fields = std::string(kOwned) + R"(,"f:data":{"f:a":{}})";
  const std::string other = entry("editor", "Update", R"("f:data":{"f:b":{}})");
  EXPECT_EQ(upgraded(entry("kubectl-client-side-apply", "Update", fields) + "," + other),
            canonical(entry("berth", "Apply", fields) + "," + other));
}

TEST(CsaUpgrade, TheUpdateJoinsTheApplyThatIsThere) {
  const std::string apply = entry("berth", "Apply", R"("f:data":{".":{},"f:b":{}})");
  const std::string update = entry("k", "Update", std::string(kOwned) + R"(,"f:data":{"f:a":{}})");
  EXPECT_EQ(upgraded(apply + "," + update),
            canonical(entry("berth", "Apply", std::string(kOwned) + R"(,"f:data":{".":{},"f:a":{},"f:b":{}})")));
}

TEST(CsaUpgrade, AnOwnedPathStaysOwnedWithPathsBelowIt) {
  const std::string apply = entry("berth", "Apply", R"("f:data":{})");
  const std::string update = entry("k", "Update", std::string(kOwned) + R"(,"f:data":{"f:a":{}})");
  EXPECT_EQ(upgraded(apply + "," + update),
            canonical(entry("berth", "Apply", std::string(kOwned) + R"(,"f:data":{".":{},"f:a":{}})")));
}

TEST(CsaUpgrade, EveryOwnerOfTheAnnotationMoves) {
  const std::string entries = entry("one", "Update", std::string(kOwned) + R"(,"f:a":{})") + "," +
                              entry("two", "Update", std::string(kOwned) + R"(,"f:b":{})");
  EXPECT_EQ(client_side_managers(object_with(entries)), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(upgraded(entries), canonical(entry("berth", "Apply", std::string(kOwned) + R"(,"f:a":{},"f:b":{})")));
}

}  // namespace
}  // namespace berth::cli
