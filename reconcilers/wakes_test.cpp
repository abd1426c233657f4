// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/wakes.hpp"

#include <gtest/gtest.h>

#include "reconcilers/names.hpp"

namespace berth::reconcilers {
namespace {

using controller::Key;

TEST(Claimant, IsTheReverseOfTheDefaultName) {
  for (const Key& key :
       {Key{"default", "web"}, Key{"default", "w"}, Key{"shop", "web"}, Key{"s", "w"}, Key{"a-b", "c.d"}}) {
    EXPECT_EQ(claimant(engine_name(key.ns, key.name)), key) << key.ns << "/" << key.name;
  }
}

TEST(Claimant, NamesThatNoObjectHasClaimNothing) {
  for (const char* name : {"", "_", "_web", "web__1a2b3c4d", "shop_web__1a2b3c4d", "ab_"}) {
    EXPECT_EQ(claimant(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace berth::reconcilers
