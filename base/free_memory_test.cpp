// SPDX-License-Identifier: Apache-2.0
#include "base/free_memory.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <cstdlib>
#include <thread>
#include <vector>

namespace berth::base {
namespace {

constexpr std::int64_t kMiB = 1024 * 1024;

TEST(FreeMemory, IsWorthTheWorkWhenItGrew) {
  FreeMemory memory;
  EXPECT_FALSE(memory.worth_it(kMiB / 2));
  EXPECT_FALSE(memory.worth_it(kMiB));
  EXPECT_TRUE(memory.worth_it(2 * kMiB));
}

TEST(FreeMemory, GrowsFromTheLeastSeen) {
  FreeMemory memory;
  EXPECT_FALSE(memory.worth_it(-4 * kMiB));
  EXPECT_FALSE(memory.worth_it(-3 * kMiB));
  EXPECT_TRUE(memory.worth_it(-2 * kMiB));
}

// Other allocators keep blocks in their own ways.
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

constexpr std::size_t kKept = 7;

// Where blocks of one size lay.
std::vector<std::uintptr_t> take_and_free() {
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < kKept; ++i) blocks.push_back(std::malloc(200));
  std::vector<std::uintptr_t> places;
  for (void* const block : blocks) {
    places.push_back(reinterpret_cast<std::uintptr_t>(block));
    std::free(block);
  }
  return places;
}

TEST(FreeMemory, AThreadKeepsItsBlocksUntilTheyAreGathered) {
  std::vector<std::uintptr_t> first, again, gathered;
  std::thread([&] {
    first = take_and_free();
    again = take_and_free();
    gather_thread_blocks();
    gathered = take_and_free();
  }).join();
  EXPECT_THAT(again, ::testing::UnorderedElementsAreArray(first));
  for (const std::uintptr_t place : gathered) EXPECT_THAT(first, ::testing::Not(::testing::Contains(place)));
}

#endif

}  // namespace
}  // namespace berth::base
