// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/names.hpp"

#include <gtest/gtest.h>

namespace berth::reconcilers {
namespace {

TEST(Names, EngineNamesNeverMeet) {
  EXPECT_EQ(engine_name("default", "web"), "web");
  EXPECT_EQ(engine_name("default", "w"), "w_");
  EXPECT_EQ(engine_name("shop", "web"), "shop_web");
  EXPECT_EQ(engine_name("w", "x"), "w_x");
}

TEST(Names, ContainerNameOfTheSpecWins) {
  schemas::Container container;
  container.metadata.ns = "shop";
  container.metadata.name = "web";
  EXPECT_EQ(engine_name(container), "shop_web");
  container.spec.container_name = "legacy.web";
  EXPECT_EQ(engine_name(container), "legacy.web");
}

TEST(Names, NextIsNamedByItsHash) { EXPECT_EQ(next_name("web", "h1:0123456789abcdef"), "web__01234567"); }

TEST(Names, OwnersAreOfThisInstanceOnly) {
  schemas::ObjectMeta metadata;
  metadata.ns = "shop";
  metadata.name = "web";
  metadata.uid = "u-1";
  Labels labels = owner_labels("i1", metadata, "h1:00");
  labels["other"] = "kept";
  EXPECT_EQ(labels.at(kUidLabel), "u-1");
  EXPECT_EQ(labels.at(kSpecHashLabel), "h1:00");
  EXPECT_EQ(owner_of(labels, "i1"), (OwnerName{"shop", "web"}));
  EXPECT_EQ(owner_of(labels, "i2"), std::nullopt);
  labels[kKindLabel] = "Network";
  EXPECT_EQ(owner_of(labels, "i1"), std::nullopt);
  EXPECT_EQ(owner_of({}, ""), std::nullopt);
}

}  // namespace
}  // namespace berth::reconcilers
