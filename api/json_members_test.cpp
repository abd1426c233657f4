// SPDX-License-Identifier: Apache-2.0
#include "api/json_members.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/status.hpp"

namespace berth::api {
namespace {

std::string members_of(std::string_view text) {
  std::string all;
  for (JsonMembers members(text); members.next();) {
    all.append(members.key()).append("=").append(members.value()).append(" ");
  }
  return all;
}

TEST(JsonMembers, AreFoundOneAfterTheOther) {
  EXPECT_EQ(members_of("{}"), "");
  EXPECT_EQ(members_of(R"({"a":1})"), "a=1 ");
  EXPECT_EQ(members_of(R"({"":"","b":[{"x":"]}"},[]],"c":null}behind)"), R"(="" b=[{"x":"]}"},[]] c=null )");
}

TEST(JsonMembers, StringsOfEveryLengthEndWhereTheyDo) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string plain(length, 'n');
    EXPECT_EQ(members_of("{\"" + plain + "\":\"" + plain + "\",\"z\":0}"), plain + "=\"" + plain + "\" z=0 ");
    for (const char* escape : {R"(\")", R"(\\)", R"(\\\")", R"(\u0022)"}) {
      const std::string text = plain + escape + plain;
      EXPECT_EQ(members_of("{\"" + text + "\":\"" + text + "\",\"z\":0}"), text + "=\"" + text + "\" z=0 ");
    }
    // Bytes beside a quote in value, and above ASCII.
    const std::string near = plain + "#!\x21[]\xa2\xdc\x80\xff";
    EXPECT_EQ(members_of("{\"k\":\"" + near + "\"}"), "k=\"" + near + "\" ");
  }
}

TEST(JsonMembers, InsideOfAValueIsTheWayToItsEnd) {
  const std::string text = R"({"a":{"b":{"c":"}"},"d":[1]},"e":{},"f":2})";
  JsonMembers members(text);
  ASSERT_TRUE(members.next());
  ASSERT_TRUE(members.is_object());
  JsonMembers inside = members.inside();
  ASSERT_TRUE(inside.next());
  EXPECT_EQ(inside.key(), "b");
  ASSERT_TRUE(inside.next());
  EXPECT_EQ(inside.value(), "[1]");
  ASSERT_FALSE(inside.next());
  members.leave(inside);
  EXPECT_EQ(members.value(), R"({"b":{"c":"}"},"d":[1]})");
  ASSERT_TRUE(members.next());
  JsonMembers nothing = members.inside();
  EXPECT_FALSE(nothing.next());
  members.leave(nothing);
  EXPECT_EQ(members.value(), "{}");
  ASSERT_TRUE(members.next());
  EXPECT_FALSE(members.is_object());
  EXPECT_EQ(members.value(), "2");
  EXPECT_FALSE(members.next());
  EXPECT_FALSE(members.next());
}

TEST(JsonMembers, OfWhatIsNoCanonicalObjectAreAnErrorOfOurs) {
  for (const char* text : {"", "{", "[]", "[1]", "{1}", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1]",
                           "{\"a\":1,", "{\"a\":1,}", "{\"a\":{", "{\"a\":\"\\", "{\"a\":\"\\\"", "{,\"a\":1}"}) {
    EXPECT_THROW(members_of(text), base::Status) << text;
  }
  // An object inside that ends where the text does.
  const std::string_view cut = R"({"a":{"b":1})";
  JsonMembers members(cut);
  ASSERT_TRUE(members.next());
  JsonMembers inside = members.inside();
  while (inside.next()) {
  }
  EXPECT_THROW(members.leave(inside), base::Status);
}

}  // namespace
}  // namespace berth::api
