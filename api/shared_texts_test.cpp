// SPDX-License-Identifier: Apache-2.0
#include "api/shared_texts.hpp"

#include <gtest/gtest.h>

namespace berth::api {
namespace {

resources::Bytes bytes_of(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

TEST(SharedTexts, AreMadeOncePerObjectAndForm) {
  SharedTexts texts;
  int made = 0;
  const auto make = [&made] { return std::to_string(++made); };
  const resources::Bytes one = bytes_of("same");
  const resources::Bytes other = bytes_of("same");
  EXPECT_EQ(*texts.get(one, "table", make), "1");
  EXPECT_EQ(*texts.get(one, "table", make), "1");
  EXPECT_EQ(*texts.get(one, "metadata", make), "2");
  EXPECT_EQ(*texts.get(other, "table", make), "3") << "another version";
  EXPECT_EQ(*texts.get(one, "table", make), "1");
}

TEST(SharedTexts, ForgetTheOldestAndHoldNothingLarge) {
  SharedTexts texts;
  int made = 0;
  const auto make = [&made] { return std::to_string(++made); };
  const resources::Bytes first = bytes_of("first");
  texts.get(first, "", make);
  EXPECT_EQ(first.use_count(), 2);
  for (int i = 0; i < 64; ++i) texts.get(bytes_of("later"), "", make);
  EXPECT_EQ(first.use_count(), 1);
  const resources::Bytes large = bytes_of(std::string(5 * 1024 * 1024, 'x'));
  EXPECT_FALSE(texts.get(large, "", make)->empty());
  EXPECT_EQ(large.use_count(), 1);
}

}  // namespace
}  // namespace berth::api
