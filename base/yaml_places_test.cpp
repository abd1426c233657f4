// SPDX-License-Identifier: Apache-2.0
#include "base/yaml_places.hpp"

#include <gtest/gtest.h>

#include <string>

namespace berth::base {
namespace {

constexpr std::string_view kText =
    "kind: A\n"                         // 1
    "---\n"                             // 2
    "kind: B\n"                         // 3
    "metadata:\n"                       // 4
    "  annotations: {a.b/c: x}\n"       // 5
    "spec:\n"                           // 6
    "  env:\n"                          // 7
    "    - {name: A, value: 1}\n"       // 8
    "    - name: B]\n"                  // 9
    "      valuee: 2\n"                 // 10
    "  common: &common {image: x}\n"    // 11
    "  web: {<<: *common, port: 80}\n"  // 12
    "  caps: [NET, SYS]\n"              // 13
    "  port: 1\n"                       // 14
    "  port: 2\n";                      // 15

std::string at(std::size_t document, std::string_view path) {
  const std::optional<YamlPlace> place = YamlPlaces(kText).find(document, path);
  return place ? std::to_string(place->line) + ":" + std::to_string(place->column) : "nowhere";
}

TEST(YamlPlaces, AreOfKeysAndItems) {
  EXPECT_EQ(at(2, "spec"), "6:1");
  EXPECT_EQ(at(2, ".spec.env"), "7:3");
  EXPECT_EQ(at(2, "spec.env[1]"), "9:7");
  EXPECT_EQ(at(2, "spec.env[0].value"), "8:17");
  EXPECT_EQ(at(2, ".spec.env[name=\"B]\"].valuee"), "10:7");
  EXPECT_EQ(at(2, ".spec.env[name=\"A\",value=1].name"), "8:8");
  EXPECT_EQ(at(2, ".spec.caps[\"SYS\"]"), "13:15");
  EXPECT_EQ(at(2, "metadata.annotations[a.b/c]"), "5:17");
  EXPECT_EQ(at(2, "metadata.annotations.a.b/c"), "5:17");
  EXPECT_EQ(at(2, "spec.port"), "15:3") << "of a duplicate the last";
}

TEST(YamlPlaces, WhatIsMergedStandsWhereItIsWritten) { EXPECT_EQ(at(2, "spec.web.image"), "11:20"); }

TEST(YamlPlaces, WhatIsNotThereStandsWhereItWouldBe) {
  EXPECT_EQ(at(2, "spec.host"), "6:1");
  EXPECT_EQ(at(2, "spec.env[7].name"), "7:3");
  EXPECT_EQ(at(2, "spec.env[name=\"C\"]"), "7:3");
  EXPECT_EQ(at(2, "status.phase"), "3:1");
  EXPECT_EQ(at(1, "spec"), "1:1");
  EXPECT_EQ(at(7, "spec"), "nowhere");
}

TEST(YamlPlaces, OfAnyTextAndPathAreFoundOrNot) {
  EXPECT_FALSE(YamlPlaces("a: [").find(1, "a"));
  EXPECT_FALSE(YamlPlaces("").find(1, "a"));
  const YamlPlaces places("a: {b: &x [*x, {c: 1}]}\n? {d: 1}\n: 2\n<<: [1, {e: 2}]\n");
  for (const char* path : {"", ".", "[", "]", "a[", "a.b[0][0][0]", "a.b[1].c", "a.b[\"", "a.b[=", "a.b[c=\"", "e",
                           "a.b[c=1,]", "a.b[99999999999999999999]"}) {
    EXPECT_TRUE(places.find(1, path)) << path;
  }
}

}  // namespace
}  // namespace berth::base
