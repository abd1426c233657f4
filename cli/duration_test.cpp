// SPDX-License-Identifier: Apache-2.0
#include "cli/duration.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"

namespace berth::cli {
namespace {

TEST(Duration, ReadsGosDurationsAndBareSeconds) {
  EXPECT_EQ(parse_duration("30s").count(), 30'000);
  EXPECT_EQ(parse_duration("1h30m").count(), 5'400'000);
  EXPECT_EQ(parse_duration("1.5s").count(), 1'500);
  EXPECT_EQ(parse_duration("250ms").count(), 250);
  EXPECT_EQ(parse_duration("10").count(), 10'000);
  EXPECT_EQ(parse_duration("0").count(), 0);
  EXPECT_EQ(parse_duration("-1s").count(), -1'000);
}

TEST(Duration, RefusesWhatIsNone) {
  for (const char* text : {"", "-", "s", "5x", "5s3", "1e3s", "inf", "nan", "--5s", "5 s", "99999999999999999h"}) {
    EXPECT_THROW(parse_duration(text), base::Status) << text;
  }
}

TEST(Duration, WhatIsTakenCanBeAddedToAClock) {
  EXPECT_THROW(parse_timeout("3000000h"), base::Status);
  const std::chrono::nanoseconds longest = parse_timeout("270000h");
  EXPECT_EQ(std::chrono::duration_cast<std::chrono::hours>(longest).count(), 270'000);
}

TEST(Duration, ATimeoutOfNothingIsNoLimit) {
  EXPECT_GT(parse_timeout("0"), std::chrono::hours(24));
  EXPECT_GT(parse_timeout("-1s"), std::chrono::hours(24));
  EXPECT_EQ(parse_timeout("1m").count(), 60'000);
}

}  // namespace
}  // namespace berth::cli
