// SPDX-License-Identifier: Apache-2.0
#include "api/in_flight.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace berth::api {
namespace {

std::size_t take_all(InFlight& lane, std::string_view who, std::vector<InFlight::Place>& places) {
  const std::size_t before = places.size();
  while (auto place = lane.enter(who)) places.push_back(std::move(*place));
  return places.size() - before;
}

TEST(InFlight, GivesEveryPlaceOnce) {
  InFlight lane(2);
  auto one = lane.enter();
  auto two = lane.enter();
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(lane.enter());
  one.reset();
  EXPECT_TRUE(lane.enter());
  EXPECT_EQ(lane.count(), 1u);
}

// A key under which alice, bob and carol have a share each: under a random one two of them may fall together.
TEST(InFlight, NobodyTakesEverything) {
  InFlight lane(100, base::Key32::from_bytes(std::string(32, 'k')));
  std::vector<InFlight::Place> places;
  EXPECT_EQ(take_all(lane, "alice", places), 80u);
  EXPECT_GE(take_all(lane, "bob", places), 15u) << "who comes new finds places";
  EXPECT_TRUE(lane.enter("carol"));
  EXPECT_FALSE(lane.enter("alice"));
  EXPECT_LT(lane.count(), 100u);
  places.clear();
  EXPECT_EQ(lane.count(), 0u);
  EXPECT_EQ(take_all(lane, "alice", places), 80u) << "given back";
}

// What falls together in one lane does not in the next, so that nobody can look for names that do.
TEST(InFlight, EachLaneSharesItsOwnWay) {
  const auto meet = [](InFlight& lane, std::string_view one, std::string_view other) {
    std::vector<InFlight::Place> places;
    take_all(lane, one, places);
    return !lane.enter(other);
  };
  InFlight first(100);
  std::vector<std::string> together;
  for (int i = 0; together.size() < 3; ++i) {
    std::string name = "user" + std::to_string(i);
    if (meet(first, "alice", name)) together.push_back(std::move(name));
  }
  InFlight second(100);
  EXPECT_FALSE(std::ranges::all_of(together, [&](const auto& name) { return meet(second, "alice", name); }));
}

TEST(InFlight, ASmallOneIsUsedWhole) {
  InFlight lane(2);
  std::vector<InFlight::Place> places;
  EXPECT_EQ(take_all(lane, "alice", places), 2u);
}

}  // namespace
}  // namespace berth::api
