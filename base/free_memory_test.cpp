// SPDX-License-Identifier: Apache-2.0
#include "base/free_memory.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace berth::base
