// SPDX-License-Identifier: Apache-2.0
#include "api/status_json.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace berth::api {
namespace {

TEST(StatusJson, CarriesReasonCodeAndDetails) {
  EXPECT_EQ(status_json(base::not_found("containers.berth.dev", "web")),
            R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
            R"("message":"containers.berth.dev \"web\" not found","reason":"NotFound",)"
            R"("details":{"name":"web","group":"berth.dev","kind":"containers"},"code":404})");
}

TEST(StatusJson, LeavesEmptyDetailsOut) {
  EXPECT_EQ(status_json(base::Status(base::Reason::Unauthorized, "Unauthorized")),
            R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
            R"("message":"Unauthorized","reason":"Unauthorized","code":401})");
}

TEST(StatusJson, ListsCausesWithTheirFields) {
  base::Details details;
  details.causes = {{"FieldValueRequired", "Required value", "spec.image"},
                    {"FieldValueInvalid", "bad", "spec.ports[0]"}};
  const base::Json json = base::parse_json(status_json({base::Reason::Invalid, "no", details}));
  const auto& causes = json.at("details").at("causes").as_array();
  ASSERT_EQ(causes.size(), 2u);
  EXPECT_EQ(causes[1].at("field").as_string(), "spec.ports[0]");
  EXPECT_EQ(json.at("code").to_number<int>(), 422);
}

TEST(StatusJson, RetryAfterIsInHeaderAndDetails) {
  const base::HttpResponse response = failure_response(base::unavailable("the disk is full", std::chrono::seconds(7)));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.get("retry-after"), "7");
  EXPECT_EQ(response.headers.get("content-type"), "application/json");
  EXPECT_EQ(base::parse_json(response.body).at("details").at("retryAfterSeconds").to_number<int>(), 7);
}

TEST(StatusJson, DeletedNamesPluralAndUid) {
  schemas::Kind kind;
  kind.group = "berth.dev";
  kind.plural = "containers";
  EXPECT_EQ(deleted_json(kind, "web", "u1"),
            R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success",)"
            R"("details":{"name":"web","group":"berth.dev","kind":"containers","uid":"u1"}})");
}

TEST(StatusJson, WarningHeaderIsQuoted) {
  EXPECT_EQ(warning_header("unknown field \"spec.foo\""), R"(299 - "unknown field \"spec.foo\"")");
  EXPECT_EQ(warning_header("a\\b\r\nX: y"), R"(299 - "a\\b  X: y")");
}

}  // namespace
}  // namespace berth::api
