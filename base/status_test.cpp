// SPDX-License-Identifier: Apache-2.0
#include "base/status.hpp"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>

namespace berth::base {
namespace {

template <class Error>
Status caught(Error error) {
  try {
    throw error;
  } catch (...) {
    return current_status();
  }
}

TEST(Status, KnowsKubernetesNamesAndCodes) {
  EXPECT_EQ(to_string(Reason::NotFound), "NotFound");
  EXPECT_EQ(to_string(Reason::RequestEntityTooLarge), "RequestEntityTooLarge");
  EXPECT_EQ(http_code(Reason::NotFound), 404);
  EXPECT_EQ(http_code(Reason::AlreadyExists), 409);
  EXPECT_EQ(http_code(Reason::Conflict), 409);
  EXPECT_EQ(http_code(Reason::Expired), 410);
  EXPECT_EQ(http_code(Reason::Invalid), 422);
  EXPECT_EQ(http_code(Reason::TooManyRequests), 429);
  EXPECT_EQ(http_code(Reason::Timeout), 504);
}

TEST(Status, EveryReasonHasItsOwnRow) {
  for (int i = 0; i < static_cast<int>(Reason::InternalError); ++i) {
    EXPECT_NE(to_string(static_cast<Reason>(i)), "InternalError") << i;
  }
  EXPECT_EQ(to_string(Reason::Cancelled), "Cancelled");
}

TEST(Status, SpeaksLikeUpstream) {
  const Status missing = not_found("containers.berth.dev", "web");
  EXPECT_EQ(missing.message(), R"(containers.berth.dev "web" not found)");
  EXPECT_EQ(missing.details().kind, "containers");
  EXPECT_EQ(missing.details().group, "berth.dev");
  EXPECT_EQ(missing.details().name, "web");
  EXPECT_STREQ(missing.what(), R"(NotFound: containers.berth.dev "web" not found)");

  const Status core = already_exists("secrets", "s");
  EXPECT_EQ(core.message(), R"(secrets "s" already exists)");
  EXPECT_EQ(core.details().group, "");

  EXPECT_EQ(conflict("hosts.berth.dev", "h", "it changed").message(),
            R"(Operation cannot be fulfilled on hosts.berth.dev "h": it changed)");
}

TEST(Status, PrefixKeepsReasonAndDetails) {
  const Status status = not_found("hosts.berth.dev", "h").with_prefix("host vm-1");
  EXPECT_EQ(status.reason(), Reason::NotFound);
  EXPECT_EQ(status.message(), R"(host vm-1: hosts.berth.dev "h" not found)");
  EXPECT_EQ(status.details(), not_found("hosts.berth.dev", "h").details());
}

TEST(Status, CarriesRetryAfter) {
  const Status status = unavailable("disk full", std::chrono::seconds(5));
  EXPECT_EQ(status.reason(), Reason::ServiceUnavailable);
  EXPECT_EQ(status.details().retry_after, std::chrono::seconds(5));
}

TEST(Status, TranslatesWhatIsInFlight) {
  EXPECT_EQ(caught(bad_request("no")).reason(), Reason::BadRequest);
  EXPECT_EQ(caught(std::runtime_error("broken")).reason(), Reason::InternalError);
  EXPECT_EQ(caught(std::runtime_error("broken")).message(), "broken");
  EXPECT_EQ(caught(42).message(), "unknown error");
  const boost::system::system_error aborted(boost::asio::error::operation_aborted);
  EXPECT_EQ(caught(aborted).reason(), Reason::Cancelled);
  const boost::system::system_error refused(boost::asio::error::connection_refused);
  EXPECT_EQ(caught(refused).reason(), Reason::InternalError);
}

}  // namespace
}  // namespace berth::base
