// SPDX-License-Identifier: Apache-2.0
#include "api/options.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "base/status.hpp"

namespace berth::api {
namespace {

Query query_of(const std::string& text) { return Query(base::parse_query(text)); }

base::Status failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::Status& status) {
    return status;
  }
  ADD_FAILURE() << "nothing was thrown";
  return base::internal_error("");
}

TEST(WriteOptions, HaveUpstreamsDefaults) {
  const auto options = read_write_options(Query(), "kubectl/v1.34.0 (linux/amd64)", "CreateOptions");
  EXPECT_EQ(options.dry_run, resources::DryRun::No);
  EXPECT_EQ(options.field_validation, resources::FieldValidation::Warn);
  EXPECT_EQ(options.field_manager, "kubectl");
}

TEST(WriteOptions, AreRead) {
  const auto options = read_write_options(query_of("dryRun=All&dryRun=All&fieldValidation=Strict&fieldManager=me"), "x",
                                          "CreateOptions");
  EXPECT_EQ(options.dry_run, resources::DryRun::All);
  EXPECT_EQ(options.field_validation, resources::FieldValidation::Strict);
  EXPECT_EQ(options.field_manager, "me");
}

TEST(WriteOptions, RefuseWhatTheyDoNotKnow) {
  const auto read = [](const std::string& query) {
    return failure_of([&query] { read_write_options(query_of(query), "x", "CreateOptions"); });
  };
  const base::Status dry_run = read("dryRun=All&dryRun=Some");
  EXPECT_EQ(dry_run.reason(), base::Reason::Invalid);
  EXPECT_EQ(
      dry_run.message(),
      "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: \"Some\": supported values: \"All\"");
  ASSERT_EQ(dry_run.details().causes.size(), 1u);
  EXPECT_EQ(dry_run.details().causes[0].field, "dryRun");
  EXPECT_EQ(read("dryRun=").reason(), base::Reason::Invalid);
  EXPECT_EQ(read("fieldValidation=strict").reason(), base::Reason::Invalid);
  EXPECT_EQ(read("fieldManager=" + std::string(129, 'a')).reason(), base::Reason::Invalid);
  EXPECT_EQ(read("fieldManager=a%0Ab").reason(), base::Reason::Invalid);
}

base::HttpRequest body_of(std::string body) {
  base::HttpRequest request;
  request.body = std::move(body);
  return request;
}

TEST(DeleteOptions, ComeFromTheBodyFirst) {
  const auto options = read_delete_options(
      body_of(R"({"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background","dryRun":["All"],)"
              R"("preconditions":{"uid":"u","resourceVersion":"7"}})"),
      query_of("propagationPolicy=Orphan"));
  EXPECT_EQ(options.propagation_policy, "Background");
  EXPECT_EQ(options.uid, "u");
  EXPECT_EQ(options.resource_version, "7");
  EXPECT_EQ(options.dry_run, resources::DryRun::All);
}

TEST(DeleteOptions, ComeFromTheQueryWithoutABody) {
  const auto options = read_delete_options(body_of(""), query_of("propagationPolicy=Foreground&dryRun=All"));
  EXPECT_EQ(options.propagation_policy, "Foreground");
  EXPECT_EQ(options.dry_run, resources::DryRun::All);
  EXPECT_EQ(read_delete_options(body_of(""), query_of("orphanDependents=true")).propagation_policy, "Orphan");
}

TEST(DeleteOptions, RefuseWhatTheyDoNotKnow) {
  const auto reason = [](std::string body, const std::string& query) {
    return failure_of([&] { read_delete_options(body_of(std::move(body)), query_of(query)); }).reason();
  };
  EXPECT_EQ(reason("[]", ""), base::Reason::BadRequest);
  EXPECT_EQ(reason("{", ""), base::Reason::BadRequest);
  EXPECT_EQ(reason(R"({"kind":"Container"})", ""), base::Reason::BadRequest);
  EXPECT_EQ(reason(R"({"dryRun":["Some"]})", ""), base::Reason::Invalid);
  EXPECT_EQ(reason(R"({"dryRun":[1]})", ""), base::Reason::Invalid);
  EXPECT_EQ(reason(R"({"propagationPolicy":"Sideways"})", ""), base::Reason::Invalid);
  EXPECT_EQ(reason(R"({"propagationPolicy":"Orphan","orphanDependents":true})", ""), base::Reason::Invalid);
  EXPECT_EQ(reason("", "dryRun=x"), base::Reason::Invalid);
  EXPECT_EQ(reason("", "gracePeriodSeconds=soon"), base::Reason::BadRequest);
}

TEST(DeleteOptions, APreconditionOfAnotherTypeIsNotIgnored) {
  for (const char* body :
       {R"({"preconditions":"u"})", R"({"preconditions":{"uid":5}})", R"({"preconditions":{"resourceVersion":7}})",
        R"({"propagationPolicy":1})", R"({"orphanDependents":"true"})", R"({"gracePeriodSeconds":"0"})",
        R"({"gracePeriodSeconds":1.5})"}) {
    const auto refused = failure_of([&] { read_delete_options(body_of(body), query_of("")); });
    EXPECT_EQ(refused.reason(), base::Reason::BadRequest) << body;
  }
  EXPECT_EQ(read_delete_options(body_of(R"({"gracePeriodSeconds":0})"), query_of("")).propagation_policy, "");
  EXPECT_EQ(read_delete_options(body_of(R"({"preconditions":null,"orphanDependents":null})"), query_of("")).uid, "");
}

TEST(ListOptions, AreReadAndChecked) {
  const auto options =
      read_list_options(query_of("labelSelector=a%3Db&fieldSelector=metadata.name%3Dx&limit=500&resourceVersion=5&"
                                 "resourceVersionMatch=Exact&continue=abc"));
  EXPECT_EQ(options.label_selector, "a=b");
  EXPECT_EQ(options.field_selector, "metadata.name=x");
  EXPECT_EQ(options.resource_version, "5");
  EXPECT_EQ(options.resource_version_match, "Exact");
  EXPECT_EQ(options.limit, 500u);
  EXPECT_EQ(read_list_options(query_of("limit=-1")).limit, 0u) << "all of them, as upstream reads it";
  EXPECT_EQ(options.continue_token, "abc");
  const auto reason = [](const std::string& query) {
    return failure_of([&query] { read_list_options(query_of(query)); }).reason();
  };
  EXPECT_EQ(reason("limit=many"), base::Reason::BadRequest);
  EXPECT_EQ(reason("timeoutSeconds=soon"), base::Reason::BadRequest);
  EXPECT_EQ(reason("sendInitialEvents=true"), base::Reason::Invalid);
}

TEST(WatchRequest, IsReadAndChecked) {
  const auto informer =
      read_watch_request(query_of("watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
                                  "allowWatchBookmarks=true&timeoutSeconds=30"));
  EXPECT_EQ(informer.initial, WatchRequest::Initial::Sent);
  EXPECT_TRUE(informer.bookmarks);
  EXPECT_EQ(informer.timeout, std::chrono::seconds(30));
  const auto plain = read_watch_request(query_of("watch=true&resourceVersion=7"));
  EXPECT_EQ(plain.initial, WatchRequest::Initial::Default);
  EXPECT_EQ(plain.list.resource_version, "7");
  EXPECT_FALSE(plain.bookmarks);
  EXPECT_FALSE(plain.timeout);
  const auto reason = [](const std::string& query) {
    return failure_of([&query] { read_watch_request(query_of(query)); }).reason();
  };
  EXPECT_EQ(reason("sendInitialEvents=true"), base::Reason::Invalid);
  EXPECT_EQ(reason("sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1"), base::Reason::Invalid);
  EXPECT_EQ(reason("resourceVersion=1&resourceVersionMatch=NotOlderThan"), base::Reason::Invalid);
  EXPECT_EQ(reason("timeoutSeconds=soon"), base::Reason::BadRequest);
}

}  // namespace
}  // namespace berth::api
