// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/name_waits.hpp"

#include <gtest/gtest.h>

namespace berth::reconcilers {
namespace {

using controller::Key;
using Keys = std::vector<Key>;

const Key kWeb{"default", "web"};
const Key kShop{"shop", "web"};

TEST(NameWaits, KnowsWhoWaitsForANameOnAHost) {
  NameWaits waits;
  waits.wait(kWeb, "local", {"front"});
  waits.wait(kShop, "local", {"front"});
  EXPECT_EQ(waits.waiting("local", "front"), (Keys{kWeb, kShop}));
  EXPECT_EQ(waits.waiting("other", "front"), Keys{});
  EXPECT_EQ(waits.waiting("local", "web"), Keys{});
}

TEST(NameWaits, TheLastNamesCount) {
  NameWaits waits;
  waits.wait(kWeb, "local", {"front", "side"});
  EXPECT_EQ(waits.waiting("local", "side"), Keys{kWeb});
  waits.wait(kWeb, "local", {"side", "front"});
  waits.wait(kWeb, "local", {"back"});
  EXPECT_EQ(waits.waiting("local", "side"), Keys{});
  EXPECT_EQ(waits.waiting("local", "front"), Keys{});
  EXPECT_EQ(waits.waiting("local", "back"), Keys{kWeb});
  waits.forget(kWeb);
  waits.forget(kWeb);
  EXPECT_EQ(waits.waiting("local", "back"), Keys{});
}

}  // namespace
}  // namespace berth::reconcilers
