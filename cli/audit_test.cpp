// SPDX-License-Identifier: Apache-2.0
#include "cli/audit.hpp"

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "base/status.hpp"

namespace berth::cli {
namespace {

TEST(AuditSelector, JoinsWhatIsGiven) {
  EXPECT_EQ(audit_selector({}), "");
  AuditOptions options;
  options.ns = "default";
  options.verb = "delete";
  options.since = "2026-01-02T03:04:05Z";
  EXPECT_EQ(audit_selector(options), "namespace=default,verb=delete,since=2026-01-02T03:04:05Z");
}

TEST(AuditSelector, EscapesWhatTheGrammarTakes) {
  AuditOptions options;
  options.actor = R"(CN=a,b\c)";
  EXPECT_EQ(audit_selector(options), R"(actor=CN\=a\,b\\c)");
}

TEST(AuditSelector, TakesALengthOfTime) {
  AuditOptions options;
  options.since = "90m";
  const std::string selector = audit_selector(options);
  const auto time = base::parse_time(std::string_view(selector).substr(6));
  ASSERT_TRUE(time) << selector;
  const auto ago = base::real_clock().now() - *time;
  EXPECT_GE(ago, std::chrono::minutes(90));
  EXPECT_LT(ago, std::chrono::minutes(91));
}

TEST(AuditSelector, RefusesWhatIsNoTime) {
  AuditOptions options;
  options.until = "yesterday";
  try {
    audit_selector(options);
    FAIL();
  } catch (const base::Status& status) {
    EXPECT_EQ(status.message(),
              "\"yesterday\" is neither a time such as 2026-01-02T03:04:05Z nor a length such as 90m");
  }
}

}  // namespace
}  // namespace berth::cli
