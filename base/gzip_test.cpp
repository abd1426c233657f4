// SPDX-License-Identifier: Apache-2.0
#include "base/gzip.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "base/status.hpp"

namespace berth::base {
namespace {

TEST(Gzip, ComesBackAsItWas) {
  for (const std::string& text : {std::string(), std::string("a"), std::string(300'000, 'x'), random_bytes(200'000)}) {
    EXPECT_EQ(gunzip(gzip(text, 1), text.size()), text);
    EXPECT_EQ(gunzip(gzip(text, 9), text.size()), text);
  }
  EXPECT_LT(gzip(std::string(300'000, 'x'), 1).size(), 3'000U);
}

TEST(Gzip, GivesEqualBytesForEqualText) { EXPECT_EQ(gzip("some text", 6), gzip("some text", 6)); }

TEST(Gzip, RefusesWhatIsNotWhole) {
  const std::string whole = gzip("some text", 6);
  EXPECT_THROW(gunzip("some text", 100), Status);
  EXPECT_THROW(gunzip("", 100), Status);
  EXPECT_THROW(gunzip(whole.substr(0, whole.size() - 1), 100), Status);
  EXPECT_THROW(gunzip(whole + "x", 100), Status);
}

TEST(Gzip, RefusesMoreThanTheLimit) {
  const std::string bomb = gzip(std::string(10'000'000, 'x'), 9);
  EXPECT_THROW(gunzip(bomb, 1'000'000), Status);
}

}  // namespace
}  // namespace berth::base
