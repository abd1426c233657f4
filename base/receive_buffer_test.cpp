// SPDX-License-Identifier: Apache-2.0
#include "base/receive_buffer.hpp"

#include <gtest/gtest.h>

namespace berth::base {
namespace {

TEST(ReceiveBuffer, AnIdleConnectionKeepsNoRoomOfALargeAnswer) {
  ReceiveBuffer buffer;
  buffer.append(std::string(100 * 1024, 'x'));
  buffer.consume(100 * 1024);
  EXPECT_TRUE(buffer.empty());
  EXPECT_LE(buffer.capacity(), ReceiveBuffer::kKeptCapacity);
  buffer.append("HTTP/1.1 200 OK");
  EXPECT_EQ(buffer.view(), "HTTP/1.1 200 OK");
}

}  // namespace
}  // namespace berth::base
