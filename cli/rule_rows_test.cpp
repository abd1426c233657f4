// SPDX-License-Identifier: Apache-2.0
#include "cli/rule_rows.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

TEST(RuleRows, JoinsTheVerbsOfOneResource) {
  const auto rows = rule_rows(base::parse_json(R"({"resourceRules":[
    {"verbs":["list","get"],"apiGroups":["berth.dev"],"resources":["containers","containers/status"]},
    {"verbs":["get","watch"],"apiGroups":["berth.dev"],"resources":["containers"]},
    {"verbs":["get"],"apiGroups":[""],"resources":["secrets"],"resourceNames":["a","b"]}]})"));
  EXPECT_EQ(rows, (std::vector<Row>{{"secrets", "[]", "[a]", "[get]"},
                                    {"secrets", "[]", "[b]", "[get]"},
                                    {"containers.berth.dev", "[]", "[]", "[list get watch]"},
                                    {"containers.berth.dev/status", "[]", "[]", "[list get]"}}));
}

TEST(RuleRows, ShowsUrlsOneByOne) {
  const auto rows = rule_rows(
      base::parse_json(R"({"nonResourceRules":[{"verbs":["get"],"nonResourceURLs":["/version","/api/*"]}]})"));
  EXPECT_EQ(rows, (std::vector<Row>{{"", "[/api/*]", "[]", "[get]"}, {"", "[/version]", "[]", "[get]"}}));
  EXPECT_TRUE(rule_rows(base::parse_json("{}")).empty());
}

}  // namespace
}  // namespace berth::cli
