// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/policy_rule.hpp"

#include <gtest/gtest.h>

namespace berth::resources {
namespace {

PolicyRule rule(std::string_view json) { return read_rule(base::parse_json(json)); }

Attributes on(std::string verb, std::string group, std::string resource, std::string subresource = "",
              std::string name = "") {
  return {std::move(verb), std::move(group), std::move(resource), std::move(subresource), "ns", std::move(name), ""};
}

TEST(PolicyRule, MatchesVerbGroupResourceAndName) {
  const PolicyRule one = rule(R"({"verbs":["get"],"apiGroups":["berth.dev"],"resources":["containers"]})");
  EXPECT_TRUE(allows(one, on("get", "berth.dev", "containers")));
  EXPECT_TRUE(allows(one, on("get", "berth.dev", "containers", "", "web")));
  EXPECT_FALSE(allows(one, on("list", "berth.dev", "containers")));
  EXPECT_FALSE(allows(one, on("get", "", "containers")));
  EXPECT_FALSE(allows(one, on("get", "berth.dev", "containers", "status"))) << "a subresource is named by itself";
  EXPECT_FALSE(allows(one, on("get", "berth.dev", "hosts")));
  EXPECT_FALSE(allows(one, {"get", "", "", "", "", "", "/version"}));
  const PolicyRule named = rule(R"({"verbs":["*"],"apiGroups":["*"],"resources":["*"],"resourceNames":["web"]})");
  EXPECT_TRUE(allows(named, on("delete", "x", "y", "z", "web")));
  EXPECT_FALSE(allows(named, on("delete", "x", "y", "z", "web2")));
  EXPECT_FALSE(allows(named, on("list", "x", "y"))) << "a name is asked for, and none is given";
}

TEST(PolicyRule, Subresources) {
  const auto may = [](const char* resources, const char* resource, const char* subresource) {
    return allows({{"get"}, {""}, {resources}, {}, {}}, on("get", "", resource, subresource));
  };
  EXPECT_TRUE(may("*/scale", "a", "scale"));
  EXPECT_FALSE(may("*/scale", "a", "status"));
  EXPECT_FALSE(may("*/scale", "a", ""));
  EXPECT_TRUE(may("a/status", "a", "status"));
  EXPECT_FALSE(may("a/*", "a", "status")) << "as upstream: a star stands for the resource, not for the subresource";
  EXPECT_TRUE(may("*", "a", "status"));
}

TEST(PolicyRule, Paths) {
  const auto may = [](const char* pattern, const char* path) {
    return allows({{"get"}, {}, {}, {}, {pattern}}, {"get", "", "", "", "", "", path});
  };
  EXPECT_TRUE(may("*", "/x"));
  EXPECT_TRUE(may("/apis", "/apis"));
  EXPECT_FALSE(may("/apis", "/apis/x"));
  EXPECT_TRUE(may("/apis/*", "/apis/x/y"));
  EXPECT_FALSE(may("/apis/*", "/apis"));
  EXPECT_FALSE(may("", "/apis"));
}

TEST(PolicyRule, ReadsWhatItWrites) {
  const PolicyRules rules = {rule(R"({"verbs":["get"],"apiGroups":[""],"resources":["a"],"resourceNames":["n"]})"),
                             rule(R"({"verbs":["*"],"nonResourceURLs":["*"]})")};
  EXPECT_EQ(read_rules(base::JsonObject{{"rules", to_json(rules)}}), rules);
  EXPECT_TRUE(read_rules(base::parse_json(R"({"rules":null})")).empty());
  EXPECT_EQ(read_rules(base::parse_json(R"({"rules":[{"verbs":5}]})")), PolicyRules{PolicyRule{}});
}

}  // namespace
}  // namespace berth::resources
