// SPDX-License-Identifier: Apache-2.0
#include "docker/errors.hpp"

#include <gtest/gtest.h>

namespace berth::docker {
namespace {

using base::Reason;

base::HttpResponse answer(int status, std::string body) {
  base::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

TEST(EngineErrors, KeepTheEnginesWords) {
  EXPECT_EQ(error_of(answer(404, "{\"message\":\"No such container: x\"}\n")).message(), "No such container: x");
  EXPECT_EQ(error_of(answer(400, "client version 1.12 is too old\n")).message(), "client version 1.12 is too old");
  EXPECT_EQ(error_of(answer(502, "")).message(), "the engine answered 502 Bad Gateway");
}

TEST(EngineErrors, AreTheSameTextAtEachAttempt) {
  const std::string id(64, 'e');
  const auto text = [](const std::string& message) { return error_of(answer(500, message)).message(); };
  EXPECT_EQ(text("on endpoint web (" + id + "): Bind for 0.0.0.0:80 failed"),
            "on endpoint web: Bind for 0.0.0.0:80 failed");
  EXPECT_EQ(text("endpoints a (" + id + ") and b (" + id + ")"), "endpoints a and b");
  for (const std::string& kept : {"container " + id + " is not running", "a (" + id + "f): b", "a (" + id + "",
                                  "a (x" + id + ")", std::string("a (b)")}) {
    EXPECT_EQ(text(kept), kept);
  }
}

TEST(EngineErrors, CodesThatDoNotMeanWhatTheySayAreReadByTheirText) {
  const auto reason = [](int status, const std::string& message) {
    return error_of(answer(status, "{\"message\":\"" + message + "\"}")).reason();
  };
  EXPECT_EQ(reason(500, "json: cannot unmarshal number into Go struct field"), Reason::BadRequest);
  EXPECT_EQ(reason(500, "EOF"), Reason::BadRequest);
  EXPECT_EQ(reason(500, "driver failed: port is already allocated"), Reason::InternalError);
  EXPECT_EQ(reason(500, "Container abc is not paused"), Reason::Conflict);
  EXPECT_EQ(reason(403, "endpoint with name a already exists in network b"), Reason::AlreadyExists);
  EXPECT_EQ(reason(403, "network n id 1 has active endpoints"), Reason::Conflict);
  EXPECT_EQ(reason(403, "none is a pre-defined network and cannot be removed"), Reason::Forbidden);
  EXPECT_EQ(reason(404, "page not found"), Reason::MethodNotAllowed);
  EXPECT_EQ(reason(404, "No such container: page not found"), Reason::NotFound);
  EXPECT_EQ(reason(503, "swarm is busy"), Reason::ServiceUnavailable);
}

TEST(EngineErrors, PullsFailForFourReasons) {
  EXPECT_EQ(pull_error(500, "toomanyrequests: You have reached your pull rate limit").reason(),
            Reason::TooManyRequests);
  EXPECT_EQ(pull_error(404, "pull access denied for x, repository does not exist").reason(), Reason::Unauthorized);
  EXPECT_EQ(pull_error(500, "unauthorized: authentication required").reason(), Reason::Unauthorized);
  EXPECT_EQ(pull_error(404, "manifest for x:1 not found: manifest unknown").reason(), Reason::NotFound);
  EXPECT_EQ(pull_error(0, "unexpected EOF").reason(), Reason::ServiceUnavailable);
}

}  // namespace
}  // namespace berth::docker
