// SPDX-License-Identifier: Apache-2.0
#include "base/es256.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"

namespace berth::base {
namespace {

TEST(Es256, VerifiesWhatItSigned) {
  const Es256Key key = Es256Key::make();
  const Es256Key same = Es256Key::from_pem(key.pem());
  EXPECT_EQ(key.id(), same.id());
  EXPECT_EQ(key.id().size(), 64u);
  // Numbers with leading zeros turn up in one of 128.
  for (int i = 0; i < 300; ++i) {
    const std::string text = "message " + std::to_string(i);
    const std::string signature = key.sign(text);
    ASSERT_EQ(signature.size(), 64u);
    ASSERT_TRUE(same.verify(text, signature));
    ASSERT_FALSE(same.verify(text + "x", signature));
  }
}

TEST(Es256, RefusesOthers) {
  const Es256Key key = Es256Key::make();
  std::string signature = key.sign("a");
  EXPECT_FALSE(Es256Key::make().verify("a", signature));
  EXPECT_FALSE(key.verify("a", ""));
  EXPECT_FALSE(key.verify("a", signature + "x"));
  EXPECT_FALSE(key.verify("a", std::string(64, '\0')));
  EXPECT_FALSE(key.verify("a", std::string(64, '\xff')));
  signature[10] ^= 1;
  EXPECT_FALSE(key.verify("a", signature));
  EXPECT_THROW(Es256Key::from_pem("none"), Status);
}

}  // namespace
}  // namespace berth::base
