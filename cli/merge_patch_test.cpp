// SPDX-License-Identifier: Apache-2.0
#include "cli/merge_patch.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

struct Case {
  const char* name;
  const char* from;
  const char* to;
  const char* patch;
};

class MergePatch : public ::testing::TestWithParam<Case> {};

TEST_P(MergePatch, SaysWhatDiffers) {
  const Case& c = GetParam();
  EXPECT_EQ(
      base::to_canonical(make_merge_patch(base::parse_json(c.from).as_object(), base::parse_json(c.to).as_object())),
      c.patch);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, MergePatch,
    ::testing::Values(Case{"nothing", R"({"a":1,"o":{"x":[1]}})", R"({"o":{"x":[1]},"a":1.0})", "{}"},
                      Case{"added", "{}", R"({"a":1})", R"({"a":1})"},
                      Case{"changed", R"({"a":1})", R"({"a":2})", R"({"a":2})"},
                      Case{"removed", R"({"a":1,"b":2})", R"({"a":1})", R"({"b":null})"},
                      Case{"nested", R"({"o":{"x":1,"y":2,"z":3}})", R"({"o":{"x":3,"z":3}})",
                           R"({"o":{"x":3,"y":null}})"},
                      Case{"lists_are_whole", R"({"l":[1,2]})", R"({"l":[1]})", R"({"l":[1]})"},
                      Case{"scalar_becomes_object", R"({"a":1})", R"({"a":{"b":1}})", R"({"a":{"b":1}})"},
                      Case{"null_removes", R"({"a":1})", R"({"a":null,"b":null})", R"({"a":null})"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace berth::cli
