// SPDX-License-Identifier: Apache-2.0
#include "base/sip_hash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace berth::base {
namespace {

std::string counted(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

// The paper's appendix A, and the first and ninth of its authors' vectors.
TEST(SipHash, IsWhatItsAuthorsPublished) {
  const Key32 key = Key32::from_bytes(counted(32));
  EXPECT_EQ(sip_hash(key, counted(15)), 0xa129ca6149be45e5U);
  EXPECT_EQ(sip_hash(key, ""), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(sip_hash(key, counted(8)), 0x93f5f5799a932462U);
}

TEST(SipHash, DependsOnTheKey) {
  EXPECT_NE(sip_hash(Key32::from_bytes(std::string(32, 'a')), "alice"),
            sip_hash(Key32::from_bytes(std::string(32, 'b')), "alice"));
}

}  // namespace
}  // namespace berth::base
