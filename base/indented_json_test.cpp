// SPDX-License-Identifier: Apache-2.0
#include "base/indented_json.hpp"

#include <gtest/gtest.h>

namespace berth::base {
namespace {

TEST(IndentJson, IndentsAndLeavesStringsAlone) {
  EXPECT_EQ(indent_json(R"({"a":[1,{"b":"x,{}:\"]"}],"c":{},"d":[]})", 2),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x,{}:\\\"]\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}\n");
}

TEST(IndentJson, SurvivesCutText) {
  for (const char* text : {"", "{", "}", "\"a", "\"a\\", "[1,"}) EXPECT_FALSE(indent_json(text, 2).empty());
}

}  // namespace
}  // namespace berth::base
