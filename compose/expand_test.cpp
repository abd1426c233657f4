// SPDX-License-Identifier: Apache-2.0
#include "compose/expand.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"
#include "compose/problems.hpp"
#include "compose/secret_text.hpp"
#include "compose/sources.hpp"

namespace berth::compose {
namespace {

Expansion expand_file(std::string text, Environment env = {}) {
  Sources sources;
  sources.compose_files = {"compose.yaml"};
  sources.files["compose.yaml"] = std::move(text);
  sources.env = std::move(env);
  return expand(sources, {.stack = "shop", .host = "local"});
}

TEST(Expand, NamesChildrenByTheEngine) {
  EXPECT_EQ(child_name("shop-web-1"), "shop-web-1");
  const std::string network = child_name("shop_default");
  EXPECT_TRUE(network.starts_with("shop-default-"));
  EXPECT_EQ(network.size(), std::string("shop-default-").size() + 8);
  EXPECT_EQ(child_name("a.b"), "a.b");
  for (const char* odd : {"a-.b", "a.", "a-", "a..b"})
    EXPECT_EQ(child_name(odd).find_first_of("."), std::string::npos) << odd;
  EXPECT_NE(child_name("Shop-default"), child_name("shop_default"));
}

TEST(Expand, IsTheSameEachTime) {
  const std::string text = "name: p\nservices: {a: {image: x}, b: {image: y, depends_on: [a]}}";
  EXPECT_EQ(expand_file(text).objects, expand_file(text).objects);
}

TEST(Expand, OrdersFiveLevelsOfFifty) {
  std::string text = "name: p\nservices:\n";
  for (int i = 0; i < 50; ++i) {
    text += "  s" + std::to_string(i) + ": {image: x" +
            (i < 10 ? "" : ", depends_on: [s" + std::to_string(i - 10) + "]") + "}\n";
  }
  const Expansion made = expand_file(text);
  ASSERT_TRUE(made.errors.empty());
  std::vector<std::string> names;
  for (const base::Json& object : made.objects) {
    if (base::string_at(object, "kind") == "Container") names.emplace_back(base::string_at(object, "metadata.name"));
  }
  ASSERT_EQ(names.size(), 50U);
  EXPECT_EQ(names.front(), "p-s0-1");
  for (std::size_t i = 0; i < 10; ++i) EXPECT_LT(names[i].size(), std::string("p-s10-1").size());
}

TEST(Expand, HoldsItsLimits) {
  EXPECT_FALSE(expand_file("name: p\nservices: {a: {image: x, scale: 5000}}").errors.empty());
  std::string cycle = "name: p\ninclude: [compose.yaml]\nservices: {a: {image: x}}";
  EXPECT_FALSE(expand_file(cycle).errors.empty());
}

TEST(Secrets, AreMarksUntilTheyAreData) {
  const std::string mark = secret_mark("P");
  EXPECT_TRUE(has_secret("a" + mark));
  EXPECT_FALSE(has_secret("a"));
  EXPECT_EQ(reveal("a" + mark + "b" + secret_mark("Q"), {{"P", "1"}}), "a1b" + secret_mark("Q"));
  EXPECT_EQ(shown("a" + mark + "b" + secret_mark("Q") + "c"), "a${P}b${Q}c");
  EXPECT_EQ(shown("\x02open"), "\x02open");
}

TEST(SecretText, AProblemShowsTheVariable) {
  try {
    refuse("services." + secret_mark("P"), "invalid port " + secret_mark("P"));
  } catch (const base::Status& status) {
    EXPECT_EQ(status.message(), "services.${P}: invalid port ${P}");
    EXPECT_EQ(status.details().causes.at(0).field, "services.${P}");
    EXPECT_EQ(status.details().causes.at(0).message, "invalid port ${P}");
    return;
  }
  FAIL() << "it is refused";
}

TEST(Paths, AreLexical) {
  EXPECT_EQ(clean_path("/a/./b//../c/"), "/a/c");
  EXPECT_EQ(clean_path("/../a"), "/a");
  EXPECT_EQ(clean_path("a/../../b"), "../b");
  EXPECT_EQ(clean_path(""), ".");
  EXPECT_EQ(join_path("/a", "../b"), "/b");
  EXPECT_EQ(folder_of("/a/b"), "/a");
  EXPECT_EQ(folder_of("b"), ".");
  EXPECT_EQ(relative_path("/a/b", "/a/c/d"), "../c/d");
  EXPECT_EQ(relative_path("/a", "/a"), ".");
}

TEST(Names, OfProjectsAreNormalized) {
  EXPECT_EQ(normalize_project_name("_My App 2!"), "myapp2");
  EXPECT_EQ(normalize_project_name("--"), "");
}

}  // namespace
}  // namespace berth::compose
