// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/rule_cover.hpp"

#include <gtest/gtest.h>

namespace berth::resources {
namespace {

PolicyRule rule(std::string_view json) { return read_rule(base::parse_json(json)); }

std::vector<std::string> numbered(const char* word, std::size_t count) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) texts.push_back(word + std::to_string(i));
  return texts;
}

PolicyRule cube(std::size_t groups, std::size_t resources, std::size_t verbs) {
  return {numbered("v", verbs), numbered("g", groups), numbered("r", resources), {}, {}};
}

constexpr CoverLimits kLimits{20'000, 4'000'000};

TEST(RuleCover, TellsWhatIsMissing) {
  const PolicyRules held = {rule(R"({"verbs":["get","list"],"apiGroups":[""],"resources":["configmaps","*/scale"]})"),
                            rule(R"({"verbs":["get"],"nonResourceURLs":["/api/*"]})"),
                            rule(R"({"verbs":["use"],"apiGroups":["berth.dev"],"resources":["hosts"],
                                     "resourceNames":["a","b"]})")};
  const auto missing = [&held](std::string_view json) { return uncovered(held, {rule(json)}); };
  EXPECT_TRUE(missing(R"({"verbs":["get"],"apiGroups":[""],"resources":["configmaps","a/scale"]})").empty());
  EXPECT_TRUE(
      missing(R"({"verbs":["get"],"apiGroups":[""],"resources":["configmaps"],"resourceNames":["x"]})").empty());
  EXPECT_TRUE(missing(R"({"verbs":["get"],"nonResourceURLs":["/api/v1","/api/*"]})").empty());
  EXPECT_TRUE(
      missing(R"({"verbs":["use"],"apiGroups":["berth.dev"],"resources":["hosts"],"resourceNames":["b"]})").empty());
  const PolicyRules named = missing(R"({"verbs":["use"],"apiGroups":["berth.dev"],"resources":["hosts"]})");
  ASSERT_EQ(named.size(), 1u) << "names held are not all names";
  const PolicyRules rest =
      missing(R"({"verbs":["get","watch","delete"],"apiGroups":[""],"resources":["secrets","configmaps"]})");
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(describe(rest[0]), R"({APIGroups:[""], Resources:["secrets"], Verbs:["get" "watch" "delete"]})");
  EXPECT_EQ(describe(rest[1]), R"({APIGroups:[""], Resources:["configmaps"], Verbs:["watch" "delete"]})");
  EXPECT_EQ(missing(R"({"verbs":["post"],"nonResourceURLs":["/api/v1"]})").size(), 1u);
  EXPECT_TRUE(uncovered({rule(R"({"verbs":["*"],"apiGroups":["*"],"resources":["*"]})")}, held).size() == 1)
      << "a path is no resource";
}

TEST(RuleCover, WhatOneRuleCoversIsNotBrokenDown) {
  const Cover found =
      cover({rule(R"({"verbs":["*"],"apiGroups":["*"],"resources":["*"]})")}, {cube(250, 250, 250)}, kLimits);
  EXPECT_FALSE(found.stopped_at);
  EXPECT_TRUE(found.missing.empty());
  EXPECT_EQ(found.parts, 0u);
  EXPECT_LT(found.lookups, 1000u);
  EXPECT_EQ(cover({cube(60, 60, 60)}, {cube(60, 60, 60)}, kLimits).parts, 0u);
}

TEST(RuleCover, WhatIsSaidTwiceCountsOnce) {
  const PolicyRule once = rule(R"({"verbs":["get"],"apiGroups":[""],"resources":["secrets"],"resourceNames":["a"]})");
  PolicyRule often = once;
  for (auto* texts : {&often.verbs, &often.api_groups, &often.resources, &often.resource_names}) {
    texts->resize(100, texts->front());
  }
  const PolicyRules wanted = {often, often, once};
  const Cover found = cover({}, wanted, kLimits);
  EXPECT_EQ(found.parts, 3u);
  ASSERT_EQ(found.missing.size(), 1u);
  EXPECT_EQ(to_rule(found.missing.front()), once);
}

TEST(RuleCover, AProductBeyondTheLimitIsRefusedUnread) {
  const PolicyRules held = {rule(R"({"verbs":["v0"],"apiGroups":["*"],"resources":["*"]})")};
  for (const std::size_t side : {60u, 250u, 1000u}) {
    const Cover found = cover(held, {cube(1, 1, 2), cube(side, side, side)}, kLimits);
    EXPECT_EQ(found.stopped_at, 1u);
    EXPECT_EQ(found.parts, 2u);
    EXPECT_LT(found.lookups, 100u);
  }
  // 2^64 of them, which is 0 for who does not look.
  const std::vector<std::string> texts = numbered("", 1 << 16);
  const PolicyRule wide{texts, texts, texts, texts, {}};
  EXPECT_EQ(cover(held, {wide}, kLimits).stopped_at, 0u);
  const Cover chart = cover(held, {cube(10, 50, 10)}, kLimits);
  EXPECT_FALSE(chart.stopped_at) << "what charts bring passes";
  EXPECT_EQ(chart.missing.size(), 500u);
  EXPECT_EQ(chart.missing.front().verbs.size(), 9u);
}

TEST(RuleCover, TheLimitIsOfAllRulesTogether) {
  const PolicyRules wanted(5, cube(10, 50, 10));
  EXPECT_EQ(cover({}, wanted, kLimits).stopped_at, 4u);
  EXPECT_EQ(cover({}, wanted, {}).parts, 25'000u);
}

// Rules by name do not meet each other.
TEST(RuleCover, ManyRulesOfOneNameAreLookedUp) {
  PolicyRules held;
  PolicyRules wanted;
  for (const std::string& name : numbered("n", 2000)) {
    held.push_back({{"get"}, {""}, {"r-" + name}, {name}, {}});
    wanted.push_back({{"get"}, {""}, {"r-" + name}, {name}, {}});
  }
  const Cover same = cover(held, wanted, kLimits);
  EXPECT_FALSE(same.stopped_at);
  EXPECT_TRUE(same.missing.empty());
  EXPECT_LT(same.lookups, 20 * held.size());
}

TEST(RuleCover, LookupsAreBoundedWhateverIsHeld) {
  const PolicyRules held(2000, rule(R"({"verbs":["get"],"apiGroups":[""],"resources":["x"],"resourceNames":["a"]})"));
  const PolicyRules wanted(2000, rule(R"({"verbs":["get"],"apiGroups":[""],"resources":["x"]})"));
  const Cover found = cover(held, wanted, {20'000, 1000});
  ASSERT_TRUE(found.stopped_at);
  EXPECT_LT(*found.stopped_at, 5u);
  EXPECT_LE(found.lookups, 1010u);
}

TEST(RuleCover, NamesAndPathsStayWhatTheyAre) {
  const PolicyRules wanted = {rule(R"({"verbs":["get"],"apiGroups":[""],"resources":[""],"resourceNames":[""]})"),
                              rule(R"({"verbs":["get","put"],"nonResourceURLs":["/x"]})")};
  const PolicyRules missing = uncovered({}, wanted);
  ASSERT_EQ(missing.size(), 3u) << "a path has a line for each verb, as upstream";
  EXPECT_EQ(missing[0], wanted[0]);
  EXPECT_EQ(describe(missing[2]), R"({NonResourceURLs:["/x"], Verbs:["put"]})");
}

}  // namespace
}  // namespace berth::resources
