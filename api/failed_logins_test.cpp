// SPDX-License-Identifier: Apache-2.0
#include "api/failed_logins.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "api/server_testing.hpp"

namespace berth::api::testing {
namespace {

using namespace std::chrono_literals;

TEST(FailedLogins, AHundredAMinuteOfAnAddress) {
  base::FakeClock clock;
  clock.advance(60s - clock.now().time_since_epoch() % 60s + 20s);
  FailedLogins logins;
  for (int port = 0; port < 100; ++port) {
    EXPECT_NO_THROW(logins.note("192.0.2.7:" + std::to_string(port), clock.now()));
  }
  try {
    logins.note("192.0.2.7:5000", clock.now());
    ADD_FAILURE() << "one too many was taken";
  } catch (const base::Status& status) {
    EXPECT_EQ(status.reason(), base::Reason::TooManyRequests);
    EXPECT_EQ(status.details().retry_after, 40s) << "the rest of the minute";
  }
  EXPECT_NO_THROW(logins.note("192.0.2.8:1", clock.now()));
  EXPECT_NO_THROW(logins.note("[2001:db8::1]:1", clock.now()));
  clock.advance(40s);
  EXPECT_NO_THROW(logins.note("192.0.2.7:1", clock.now()));
}

class FailedLoginsTest : public ServerTest {};

TEST_F(FailedLoginsTest, AreRefusedAndShutNobodyOut) {
  const auto path = folder_ / "tokens.csv";
  std::ofstream(path) << "root-token,root,2,\"system:masters\"\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  options_.token_file = path;
  start();
  Client client = anonymous();
  const HeaderList wrong = {{"Authorization", "Bearer guess"}};
  for (int i = 0; i < 100; ++i) ASSERT_EQ(client.get(kContainers, wrong).status, 401);
  const auto refused = client.get(kContainers, wrong);
  EXPECT_STATUS(refused, 429, "TooManyRequests");
  EXPECT_FALSE(refused.headers.get("Retry-After").empty());
  EXPECT_STATUS(client.get(kContainers), 429, "TooManyRequests");
  EXPECT_EQ(client.get(kContainers, {{"Authorization", "Bearer root-token"}}).status, 200);
  EXPECT_STATUS(client.send("POST", kContainers, container("web"), wrong), 429, "TooManyRequests");
  clock_.advance(60s);
  EXPECT_STATUS(anonymous().get(kContainers, wrong), 401, "Unauthorized");
}

}  // namespace
}  // namespace berth::api::testing
