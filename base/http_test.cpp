// SPDX-License-Identifier: Apache-2.0
#include "base/http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.hpp"

namespace berth::base {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Headers, CompareNamesWithoutCaseAndKeepOrder) {
  Headers headers;
  headers.add("Accept", "a");
  headers.add("X-One", "1");
  headers.add("ACCEPT", "b");
  EXPECT_EQ(headers.get("accept"), "a");
  EXPECT_THAT(headers.get_all("Accept"), ElementsAre("a", "b"));
  EXPECT_FALSE(headers.has("X-Two"));
  EXPECT_EQ(headers.get("X-Two"), "");
  headers.set("accept", "c");
  headers.set("X-Two", "2");
  const std::vector<std::pair<std::string, std::string>> fields(headers.begin(), headers.end());
  EXPECT_THAT(fields, ElementsAre(Pair("Accept", "c"), Pair("X-One", "1"), Pair("X-Two", "2")));
}

TEST(HttpPhrase, KnowsTheUsualOnes) {
  EXPECT_EQ(http_phrase(200), "OK");
  EXPECT_EQ(http_phrase(404), "Not Found");
  EXPECT_EQ(http_phrase(101), "Switching Protocols");
  EXPECT_EQ(http_phrase(429), "Too Many Requests");
}

TEST(Percent, EncodesAllButUnreserved) {
  EXPECT_EQ(percent_encode("a-Z_0.~"), "a-Z_0.~");
  EXPECT_EQ(percent_encode("a/b c%&=+\xff"), "a%2Fb%20c%25%26%3D%2B%FF");
}

TEST(Percent, DecodesWhatItEncodes) {
  std::string every;
  for (int i = 0; i < 256; ++i) every.push_back(static_cast<char>(i));
  EXPECT_EQ(percent_decode(percent_encode(every)), every);
  EXPECT_EQ(percent_decode("a+b%2f%2F"), "a+b//");
}

TEST(Percent, RefusesBadEscapes) {
  for (const char* text : {"%", "%4", "a%", "%zz", "%4g", "%%41"}) {
    EXPECT_THROW(percent_decode(text), Status) << text;
  }
}

TEST(Query, KeepsOrderAndRepeats) {
  EXPECT_THAT(parse_query("a=b&a=c&&flag&x=1=2&=v&s=one+two%2B"),
              ElementsAre(Pair("a", "b"), Pair("a", "c"), Pair("flag", ""), Pair("x", "1=2"), Pair("", "v"),
                          Pair("s", "one two+")));
  EXPECT_THAT(parse_query(""), IsEmpty());
  EXPECT_THROW(parse_query("a=%"), Status);
}

}  // namespace
}  // namespace berth::base
