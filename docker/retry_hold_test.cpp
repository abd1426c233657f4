// SPDX-License-Identifier: Apache-2.0
#include "docker/retry_hold.hpp"

#include <gtest/gtest.h>

namespace berth::docker {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class RetryHoldTest : public ::testing::Test {
 protected:
  bool may_ask(RetryHold::Time::duration after) {
    try {
      hold.check(start + after);
      return true;
    } catch (const SshError& error) {
      last = error.fault();
      return false;
    }
  }
  RetryHold hold;
  RetryHold::Time start{};
  std::optional<SshFault> last;
};

TEST_F(RetryHoldTest, BrokenLinksAreTriedAtOnce) {
  EXPECT_TRUE(may_ask(seconds(0)));
  for (const SshFault fault : {SshFault::NoAnswer, SshFault::ConnectionLost, SshFault::ConnectionRefused}) {
    hold.failed({fault, "x"}, start);
    EXPECT_TRUE(may_ask(seconds(0)));
  }
}

TEST_F(RetryHoldTest, RefusedCredentialsAreNeverShownAgain) {
  hold.failed({SshFault::AuthenticationFailed, "x"}, start);
  EXPECT_FALSE(may_ask(hours(24 * 365)));
  EXPECT_EQ(last, SshFault::AuthenticationFailed);
}

TEST_F(RetryHoldTest, ServersThatTurnUsDownAreAskedLessAndLess) {
  hold.failed({SshFault::HostKeyUnknown, "x"}, start);
  EXPECT_FALSE(may_ask(milliseconds(999)));
  EXPECT_TRUE(may_ask(seconds(1)));
  hold.failed({SshFault::HostKeyUnknown, "x"}, start);
  EXPECT_FALSE(may_ask(milliseconds(1999)));
  EXPECT_TRUE(may_ask(seconds(2)));
  for (int i = 0; i < 40; ++i) hold.failed({SshFault::ServerBusy, "x"}, start);
  EXPECT_FALSE(may_ask(seconds(59)));
  EXPECT_TRUE(may_ask(seconds(60)));
  hold.forget();
  EXPECT_TRUE(may_ask(seconds(0)));
  hold.failed({SshFault::ServerBusy, "x"}, start);
  EXPECT_TRUE(may_ask(seconds(1)));
}

}  // namespace
}  // namespace berth::docker
