// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace berth::base {
namespace {

TEST(Utf8, TruncatesBetweenCharacters) {
  EXPECT_EQ(truncated("abc", 3), "abc");
  EXPECT_EQ(truncated("abcd", 3), "abc");
  EXPECT_EQ(truncated("a\xc3\xa4", 3), "a\xc3\xa4");
  EXPECT_EQ(truncated("a\xc3\xa4", 2), "a");
  EXPECT_EQ(truncated("\xf0\x9f\x98\x80", 3), "");
  EXPECT_EQ(truncated("", 0), "");
}

}  // namespace
}  // namespace berth::base
