// SPDX-License-Identifier: Apache-2.0
#include "api/pretty.hpp"

#include <gtest/gtest.h>

namespace berth::api {
namespace {

TEST(IndentJson, IndentsAndLeavesStringsAlone) {
  EXPECT_EQ(indent_json(R"({"a":[1,{"b":"x,{}:\"]"}],"c":{},"d":[]})"),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x,{}:\\\"]\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}\n");
}

TEST(IndentJson, SurvivesCutText) {
  for (const char* text : {"", "{", "}", "\"a", "\"a\\", "[1,"}) EXPECT_FALSE(indent_json(text).empty());
}

}  // namespace
}  // namespace berth::api
