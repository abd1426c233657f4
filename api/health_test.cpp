// SPDX-License-Identifier: Apache-2.0
#include "api/health.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"

namespace berth::api {
namespace {

const HealthReport kGood{{"ping", true, ""}, {"store", true, ""}};
const HealthReport kBad{{"ping", true, ""}, {"store", false, "secret path"}};

Query query_of(const std::string& text) { return Query(base::parse_query(text)); }

TEST(Health, SaysOk) {
  const auto response = health_response("readyz", "", Query(), kGood);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ok");
  EXPECT_EQ(health_response("readyz", "", query_of("verbose"), kGood).body,
            "[+]ping ok\n[+]store ok\nreadyz check passed\n");
}

TEST(Health, NamesTheFailingCheckAndWithholdsTheReason) {
  const auto response = health_response("readyz", "", Query(), kBad);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, "[+]ping ok\n[-]store failed: reason withheld\nreadyz check failed\n");
}

TEST(Health, AnswersOneCheckAndLeavesExcludedOnesOut) {
  EXPECT_EQ(health_response("readyz", "ping", Query(), kBad).status, 200);
  EXPECT_EQ(health_response("readyz", "store", Query(), kBad).status, 500);
  EXPECT_EQ(health_response("readyz", "", query_of("exclude=store"), kBad).status, 200);
  EXPECT_THROW(health_response("readyz", "nothing", Query(), kGood), base::Status);
}

}  // namespace
}  // namespace berth::api
