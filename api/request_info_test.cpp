// SPDX-License-Identifier: Apache-2.0
#include "api/request_info.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"

namespace berth::api {
namespace {

struct PathCase {
  std::string method;
  std::string target;
  Shape shape;
  Verb verb;
  std::string where;  // group/version/resource/ns/name/subresource
};

class RequestInfoOf : public ::testing::TestWithParam<PathCase> {};

TEST_P(RequestInfoOf, Target) {
  const PathCase& expected = GetParam();
  const RequestInfo info = read_request_info(expected.method, expected.target);
  EXPECT_EQ(info.shape, expected.shape);
  EXPECT_EQ(to_string(info.verb), to_string(expected.verb));
  EXPECT_EQ(
      info.group + "/" + info.version + "/" + info.resource + "/" + info.ns + "/" + info.name + "/" + info.subresource,
      expected.where);
}

constexpr const char* kContainers = "/apis/berth.dev/v1/namespaces/default/containers";

INSTANTIATE_TEST_SUITE_P(
    Table, RequestInfoOf,
    ::testing::Values(
        PathCase{"GET", "/livez", Shape::Health, Verb::Get, "/////"},
        PathCase{"HEAD", "/readyz?verbose", Shape::Health, Verb::Head, "/////"},
        PathCase{"GET", "/readyz/store", Shape::Health, Verb::Get, "////store/"},
        PathCase{"GET", "/readyz/a/b", Shape::Unknown, Verb::Get, "/////"},
        PathCase{"GET", "/version", Shape::Version, Verb::Get, "/////"},
        PathCase{"GET", "/version/", Shape::Version, Verb::Get, "/////"},
        PathCase{"GET", "/", Shape::Unknown, Verb::Get, "/////"},
        PathCase{"GET", "/apiz", Shape::Unknown, Verb::Get, "/////"},
        PathCase{"GET", "/api", Shape::CoreVersions, Verb::Get, "/////"},
        PathCase{"GET", "/apis", Shape::Groups, Verb::Get, "/////"},
        PathCase{"GET", "/apis/", Shape::Groups, Verb::Get, "/////"},
        PathCase{"GET", "/apis/berth.dev", Shape::Group, Verb::Get, "berth.dev/////"},
        PathCase{"GET", "/apis/berth.dev/v1", Shape::GroupVersion, Verb::Get, "berth.dev/v1////"},
        PathCase{"GET", "/api/v1", Shape::GroupVersion, Verb::Get, "/v1////"},
        PathCase{"GET", "/api/v1/namespaces", Shape::Collection, Verb::List, "/v1/namespaces///"},
        PathCase{"PUT", "/api/v1/namespaces/web", Shape::Object, Verb::Update, "/v1/namespaces//web/"},
        PathCase{"PATCH", "/api/v1/namespaces/web/status", Shape::Status, Verb::Patch, "/v1/namespaces//web/status"},
        PathCase{"GET", "/api/v1/namespaces/web/secrets", Shape::Collection, Verb::List, "/v1/secrets/web//"},
        PathCase{"GET", "/api/v1/secrets", Shape::Collection, Verb::List, "/v1/secrets///"},
        PathCase{"GET", "/apis/berth.dev/v1/hosts/local/status", Shape::Status, Verb::Get,
                 "berth.dev/v1/hosts//local/status"},
        PathCase{"POST", kContainers, Shape::Collection, Verb::Create, "berth.dev/v1/containers/default//"},
        PathCase{"GET", std::string(kContainers) + "/web/revisions", Shape::Revisions, Verb::Get,
                 "berth.dev/v1/containers/default/web/revisions"},
        PathCase{"GET", std::string(kContainers) + "/web/revisions/3", Shape::Revision, Verb::Get,
                 "berth.dev/v1/containers/default/web/revisions"},
        PathCase{"GET", std::string(kContainers) + "/web/revisions/3/spec", Shape::Unknown, Verb::Get,
                 "berth.dev/v1/containers/default/web/revisions"},
        PathCase{"DELETE", kContainers, Shape::Collection, Verb::DeleteCollection, "berth.dev/v1/containers/default//"},
        PathCase{"GET", std::string(kContainers) + "?watch=true&a=b", Shape::Collection, Verb::Watch,
                 "berth.dev/v1/containers/default//"},
        PathCase{"GET", std::string(kContainers) + "?watch=1", Shape::Collection, Verb::Watch,
                 "berth.dev/v1/containers/default//"},
        PathCase{"GET", std::string(kContainers) + "?watch=false", Shape::Collection, Verb::List,
                 "berth.dev/v1/containers/default//"},
        PathCase{"GET", std::string(kContainers) + "/w%65b?watch=true", Shape::Object, Verb::Get,
                 "berth.dev/v1/containers/default/web/"},
        PathCase{"GET", "https://h:1" + std::string(kContainers), Shape::Collection, Verb::List,
                 "berth.dev/v1/containers/default//"},
        PathCase{"GET", std::string(kContainers) + "/web/log", Shape::Unknown, Verb::Get,
                 "berth.dev/v1/containers/default/web/log"},
        PathCase{"GET", std::string(kContainers) + "/web/status/more", Shape::Unknown, Verb::Get,
                 "berth.dev/v1/containers/default/web/status"},
        PathCase{"GET", "/apis/berth.dev/v1/namespaces//containers", Shape::Unknown, Verb::List,
                 "berth.dev/v1/containers///"},
        PathCase{"OPTIONS", kContainers, Shape::Collection, Verb::None, "berth.dev/v1/containers/default//"}));

TEST(RequestInfo, RefusesSegmentsThatHideAPath) {
  for (const char* target :
       {"/apis/berth.dev/v1/containers/a%2Fb", "/apis/berth.dev/v1/namespaces/../containers", "/api/v1/./x",
        "/api/v1/secrets/a%00b", "/api/v1/secrets/a%252Fb", "/api/v1/secrets/%zz"}) {
    EXPECT_THROW(read_request_info("GET", target), base::Status) << target;
  }
}

TEST(RequestInfo, KeepsQueryValuesOutOfThePath) {
  const RequestInfo info = read_request_info("GET", "/api/v1/secrets?labelSelector=a%3Db&dryRun=All&dryRun=x");
  EXPECT_EQ(info.path, "/api/v1/secrets");
  EXPECT_EQ(info.query.get("labelSelector"), "a=b");
  EXPECT_EQ(info.query.get_all("dryRun"), (std::vector<std::string_view>{"All", "x"}));
  EXPECT_FALSE(info.query.has("limit"));
}

}  // namespace
}  // namespace berth::api
