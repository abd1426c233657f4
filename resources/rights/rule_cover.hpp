// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether rules add up to others: what somebody would grant beside what they hold. A role may name anything, so that
// a small one stands for billions of parts; what one check may cost is bounded, and reaching the bound is an answer of
// its own, never "all is held". Pure.
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "resources/rights/policy_rule.hpp"

namespace berth::resources {

// One verb on one resource, or on one path. Views into the rule that it is of.
struct RulePart {
  std::string_view verb;
  std::string_view group;
  std::string_view resource;
  std::optional<std::string_view> name;
  std::optional<std::string_view> url;  // then it has none of the three above
};

// Parts on one resource and name together, with all their verbs in the order in which they came; a path has one.
struct MissingRule {
  RulePart part;  // its verb is the first of `verbs`
  std::vector<std::string_view> verbs;
};
PolicyRule to_rule(const MissingRule& missing);

struct CoverLimits {
  std::size_t parts = std::numeric_limits<std::size_t>::max();    // that rules are broken down to, all together
  std::size_t lookups = std::numeric_limits<std::size_t>::max();  // of one text among those of a rule held
};

struct Cover {
  std::vector<MissingRule> missing;
  // The rule of `wanted` at which a limit was reached: nothing is said of it and of those behind it.
  std::optional<std::size_t> stopped_at;
  std::size_t parts = 0;
  std::size_t lookups = 0;
};

// What no rule of `held` covers of `wanted`, which outlives the answer. A rule that one held rule covers is not broken
// down.
Cover cover(const PolicyRules& held, const PolicyRules& wanted, const CoverLimits& limits);

// The same without limits: for rules that nobody from outside wrote.
PolicyRules uncovered(const PolicyRules& held, const PolicyRules& wanted);

}  // namespace berth::resources
