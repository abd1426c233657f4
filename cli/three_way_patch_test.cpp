// SPDX-License-Identifier: Apache-2.0
#include "cli/three_way_patch.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

using base::parse_json;
using base::to_canonical;

struct Case {
  const char* name;
  const char* original;
  const char* modified;
  const char* current;
  const char* patch;
};

class ThreeWayPatch : public ::testing::TestWithParam<Case> {};

TEST_P(ThreeWayPatch, MakesThePatch) {
  const Case& c = GetParam();
  EXPECT_EQ(to_canonical(three_way_merge_patch(parse_json(c.original), parse_json(c.modified), parse_json(c.current))),
            c.patch);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ThreeWayPatch,
    ::testing::Values(
        Case{"nothing", R"({"a":1})", R"({"a":1})", R"({"a":1,"server":true})", "{}"},
        Case{"added", R"({})", R"({"a":1})", R"({})", R"({"a":1})"},
        Case{"changed", R"({"a":1})", R"({"a":2})", R"({"a":1})", R"({"a":2})"},
        Case{"dropped", R"({"a":1,"b":2})", R"({"a":1})", R"({"a":1,"b":2})", R"({"b":null})"},
        Case{"dropped_but_already_gone", R"({"a":1,"b":2})", R"({"a":1})", R"({"a":1})", "{}"},
        Case{"others_keep_theirs", R"({"a":1})", R"({"a":1})", R"({"a":1,"b":2})", "{}"},
        Case{"drift_is_undone", R"({"a":1})", R"({"a":1})", R"({"a":5})", R"({"a":1})"},
        Case{"nested", R"({"o":{"x":1,"y":2}})", R"({"o":{"x":3}})", R"({"o":{"x":1,"y":2,"z":4}})",
             R"({"o":{"x":3,"y":null}})"},
        Case{"lists_are_whole", R"({"l":[1,2]})", R"({"l":[1,2,3]})", R"({"l":[1,2]})", R"({"l":[1,2,3]})"},
        Case{"equal_lists", R"({})", R"({"l":[{"a":1}]})", R"({"l":[{"a":1}]})", "{}"},
        Case{"object_becomes_scalar", R"({"a":{"b":1}})", R"({"a":"x"})", R"({"a":{"b":1}})", R"({"a":"x"})"},
        Case{"scalar_becomes_object", R"({"a":1})", R"({"a":{"b":1}})", R"({"a":1})", R"({"a":{"b":1}})"},
        Case{"null_deletes", R"({"a":1})", R"({"a":null})", R"({"a":1})", R"({"a":null})"},
        Case{"whole_branch_dropped", R"({"o":{"x":1}})", R"({})", R"({"o":{"x":1,"server":2}})", R"({"o":null})"}),
    [](const auto& info) { return info.param.name; });

TEST(LastApplied, HoldsTheObjectLessItself) {
  const base::Json object = parse_json(R"({"kind":"X","metadata":{"annotations":{"a":"b"},"name":"n"},"spec":{}})");
  const base::Json annotated = with_last_applied(object);
  EXPECT_EQ(last_applied(annotated), object);
  EXPECT_EQ(to_canonical(with_last_applied(annotated)), to_canonical(annotated));
}

TEST(LastApplied, IsEmptyWhenAbsentOrForeign) {
  EXPECT_EQ(last_applied(parse_json(R"({"metadata":{}})")), base::Json(base::JsonObject{}));
  EXPECT_EQ(last_applied(parse_json(
                R"({"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"no json"}}})")),
            base::Json(base::JsonObject{}));
}

}  // namespace
}  // namespace berth::cli
