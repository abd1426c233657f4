// SPDX-License-Identifier: Apache-2.0
#include "compose/scalars.hpp"

#include <gtest/gtest.h>

namespace berth::compose {
namespace {

TEST(Scalars, Bytes) {
  const std::pair<const char*, std::int64_t> good[] = {{"0", 0},          {"-1", -1},      {"512", 512},
                                                       {"1k", 1024},      {"1.5kb", 1536}, {"2 GiB", 2LL << 30},
                                                       {"1T", 1LL << 40}, {"3b", 3},       {"1e3", 1000}};
  for (const auto& [text, bytes] : good) EXPECT_EQ(read_bytes(text), bytes) << text;
  for (const char* text : {"", "x", "1x", "1kib b", "-1k", "k", "1 2", "9999999p"})
    EXPECT_FALSE(read_bytes(text)) << text;
}

TEST(Scalars, Durations) {
  const std::pair<const char*, const char*> good[] = {
      {"90s", "1m30s"},  {"1h5m30.5s", "1h5m30.5s"}, {"0", "0s"},         {"0s", "0s"},
      {"1d", "24h0m0s"}, {"1w", "168h0m0s"},         {"1500us", "1.5ms"}, {"10us", "10µs"},
      {".5s", "500ms"},  {"-10s", "-10s"},           {"1ns", "1ns"},      {"60m", "1h0m0s"}};
  for (const auto& [text, shown] : good) {
    const auto read = read_duration(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(duration_text(*read), shown) << text;
  }
  for (const char* text : {"", "10", "s", "1x", "1..5s", ".s", "1s2", "99999999999h"})
    EXPECT_FALSE(read_duration(text)) << text;
}

TEST(Scalars, Texts) {
  EXPECT_EQ(scalar_text(1.5), "1.5");
  EXPECT_EQ(scalar_text(1e21), "1e+21");
  EXPECT_EQ(scalar_text(0.00001), "1e-05");
  EXPECT_EQ(scalar_text(100000.5), "100000.5");
  EXPECT_EQ(scalar_text(1234567.5), "1.2345675e+06");
  EXPECT_EQ(scalar_text(true), "true");
  EXPECT_EQ(scalar_text(nullptr), "");
}

TEST(Scalars, Booleans) {
  EXPECT_EQ(read_bool("Yes"), true);
  EXPECT_EQ(read_bool("OFF"), false);
  EXPECT_FALSE(read_bool("1"));
}

TEST(Words, SplitsAsAShellWould) {
  const auto words = [](std::string_view line) { return split_words(line).value().words; };
  using List = std::vector<std::string>;
  EXPECT_EQ(words(R"(a  "b c" 'd "e"' f\ g "" h''i)"), (List{"a", "b c", R"(d "e")", "f g", "", "hi"}));
  EXPECT_EQ(words(""), List{});
  EXPECT_EQ(words("a `b c` $(d e)"), (List{"a", "`b c`", "$(d e)"}));
  EXPECT_EQ(words("a 2>b"), List{"a"});
  const auto cut = split_words("a && b");
  EXPECT_EQ(cut->words, List{"a"});
  EXPECT_EQ(cut->rest, "&& b");
  for (const char* line : {"\"a", "'a", "a\\", "f()", "$(a"}) EXPECT_FALSE(split_words(line)) << line;
}

}  // namespace
}  // namespace berth::compose
