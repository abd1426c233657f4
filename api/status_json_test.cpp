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

TEST(StatusJson, IsUtf8WhateverWasAskedFor) {
  const base::Json json = base::parse_json(status_json(base::not_found("namespaces", "a\xff\xc3\xa4")));
  EXPECT_EQ(base::string_at(json, "message"), "namespaces \"a\xef\xbf\xbd\xc3\xa4\" not found");
  EXPECT_EQ(base::string_at(json, "details.name"), "a\xef\xbf\xbd\xc3\xa4");
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

TEST(StatusJson, WarningsAreBounded) {
  const auto headers_of = [](std::size_t count, std::size_t size) {
    base::Headers headers;
    add_warnings(headers, std::vector<std::string>(count, std::string(size, 'w')));
    const auto views = headers.get_all("Warning");
    return std::vector<std::string>(views.begin(), views.end());
  };
  EXPECT_EQ(headers_of(50, 1).size(), 50u);
  const auto many = headers_of(3000, 1);
  ASSERT_EQ(many.size(), 51u);
  EXPECT_EQ(many.back(), "299 - \"and 2950 more\"");
  const auto large = headers_of(3, 4000);
  ASSERT_EQ(large.size(), 2u);
  EXPECT_EQ(large.back(), "299 - \"and 2 more\"");
}

TEST(StatusJson, WarningHeaderIsQuoted) {
  EXPECT_EQ(warning_header("unknown field \"spec.foo\""), R"(299 - "unknown field \"spec.foo\"")");
  EXPECT_EQ(warning_header("a\\b\r\nX: y"), R"(299 - "a\\b  X: y")");
}

}  // namespace
}  // namespace berth::api
