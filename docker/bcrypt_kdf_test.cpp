// SPDX-License-Identifier: Apache-2.0
#include "docker/bcrypt_kdf.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"

namespace berth::docker {
namespace {

// The first is OpenBSD's own example of bcrypt_pbkdf(3).
TEST(BcryptKdf, DerivesAsOpenBsdDoes) {
  EXPECT_EQ(base::to_hex(bcrypt_kdf("password", "salt", 4, 32)),
            "5bbf0cc293587f1c3635555c27796598d47e579071bf427e9d8fbe842aba34d9");
  const std::string longer = bcrypt_kdf("password", "salt", 1, 48);
  EXPECT_EQ(longer.size(), 48u);
  EXPECT_NE(longer, bcrypt_kdf("passwore", "salt", 1, 48));
  EXPECT_NE(longer, bcrypt_kdf("password", "salu", 1, 48));
}

}  // namespace
}  // namespace berth::docker
