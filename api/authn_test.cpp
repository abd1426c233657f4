// SPDX-License-Identifier: Apache-2.0
#include "api/authn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/status.hpp"

namespace berth::api {
namespace {

using ::testing::ElementsAre;

base::Status failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::Status& status) {
    return status;
  }
  ADD_FAILURE() << "nothing was thrown";
  return base::internal_error("");
}

TEST(TokenTable, ReadsKubeApiserversFile) {
  const TokenTable table =
      TokenTable::parse("s3cret,alice,1,\"dev,ops\"\r\n\nother,bob,2\n\"a\"\"b,c\",carol,3,single");
  ASSERT_EQ(table.size(), 3u);
  const auto* alice = table.find("s3cret");
  ASSERT_NE(alice, nullptr);
  EXPECT_EQ(alice->user, "alice");
  EXPECT_EQ(alice->auth_method, "token");
  EXPECT_THAT(alice->groups, ElementsAre("dev", "ops", "system:authenticated"));
  ASSERT_NE(table.find("other"), nullptr);
  EXPECT_THAT(table.find("other")->groups, ElementsAre("system:authenticated"));
  ASSERT_NE(table.find("a\"b,c"), nullptr);
  EXPECT_THAT(table.find("a\"b,c")->groups, ElementsAre("single", "system:authenticated"));
  EXPECT_EQ(table.find("s3cre"), nullptr);
  EXPECT_EQ(table.find(""), nullptr);
}

TEST(TokenTable, RefusesAMalformedFileWithoutShowingATokenOfIt) {
  for (const char* csv :
       {"ok,a,1\nhidden,bob\n", "ok,a,1\n\"hidden,bob,2", "ok,a,1\n\"hidden\"x,bob,2", "ok,a,1\n,hidden,2"}) {
    const base::Status status = failure_of([csv] { TokenTable::parse(csv); });
    EXPECT_EQ(status.reason(), base::Reason::BadRequest);
    EXPECT_NE(status.message().find("line 2"), std::string::npos) << status.message();
    EXPECT_EQ(status.message().find("hidden"), std::string::npos) << status.message();
  }
  EXPECT_EQ(failure_of([] { TokenTable::read("/nonexistent/tokens.csv"); }).reason(), base::Reason::NotFound);
}

TEST(Authenticate, TakesTheCertificateFirst) {
  const TokenTable tokens = TokenTable::parse("t,bob,1");
  const auto caller = authenticate(base::PeerCertificate{"alice", {"system:masters"}}, "Bearer t", {tokens});
  EXPECT_EQ(caller.user, "alice");
  EXPECT_EQ(caller.auth_method, "certificate");
  EXPECT_THAT(caller.groups, ElementsAre("system:masters", "system:authenticated"));
}

TEST(Authenticate, TakesABearerToken) {
  const TokenTable tokens = TokenTable::parse("t,bob,1");
  EXPECT_EQ(authenticate({}, "Bearer t", {tokens}).user, "bob");
  EXPECT_EQ(authenticate({}, "bEaReR   t", {tokens}).user, "bob");
  EXPECT_EQ(authenticate(base::PeerCertificate{"", {"system:masters"}}, "Bearer t", {tokens}).user, "bob");
}

TEST(Authenticate, RefusesEverythingElse) {
  const TokenTable tokens = TokenTable::parse("t,bob,1");
  for (const char* header : {"", "Bearer", "Bearer ", "Bearer wrong", "Bearer tt", "Basic dDp0", "t"}) {
    const base::Status status = failure_of([&] { authenticate({}, header, {tokens}); });
    EXPECT_EQ(status.reason(), base::Reason::Unauthorized) << header;
    EXPECT_EQ(status.message(), "Unauthorized");
  }
}

}  // namespace
}  // namespace berth::api
