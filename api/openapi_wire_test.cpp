// SPDX-License-Identifier: Apache-2.0
// OpenAPI and aggregated discovery over the wire: forms, hashes, caching. What the documents say is tested in
// schemas/ and, by upstream's own parsers, in tests/conformance/.
#include "api/aggregated_discovery.hpp"
#include "api/server_testing.hpp"
#include "base/gzip.hpp"

namespace berth::api::testing {
namespace {

constexpr const char* kContainerDocument = "/openapi/v3/apis/berth.dev/v1";
constexpr const char* kAggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList;profile=nopeer,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

using OpenapiWire = ServerTest;

std::string header(const base::HttpResponse& response, const char* name) {
  return std::string(response.headers.get(name));
}

TEST_F(OpenapiWire, TheIndexLeadsToDocumentsThatMayBeKeptForEver) {
  start();
  Client client = admin();
  const base::HttpResponse index = client.get("/openapi/v3");
  ASSERT_EQ(index.status, 200) << index.body;
  EXPECT_EQ(header(index, "Content-Type"), "application/json");
  const base::Json paths = base::parse_json(index.body).at("paths");
  ASSERT_TRUE(paths.as_object().contains("api/v1"));
  const std::string url(base::string_at(paths.at("apis/berth.dev/v1"), "serverRelativeURL"));
  EXPECT_TRUE(url.starts_with(std::string(kContainerDocument) + "?hash=")) << url;

  const base::HttpResponse document = client.get(url);
  ASSERT_EQ(document.status, 200);
  EXPECT_EQ(header(document, "Content-Type"), "application/json");
  EXPECT_EQ(header(document, "Cache-Control"), "public, immutable");
  EXPECT_EQ(header(document, "Expires").size(), std::string("Thu, 01 Jan 1970 00:00:00 GMT").size());
  EXPECT_EQ(header(document, "ETag"), "\"" + url.substr(url.find('=') + 1) + "\"");
  EXPECT_EQ(base::string_at(base::parse_json(document.body), "openapi"), "3.0.0");
}

TEST_F(OpenapiWire, AnotherHashIsSentToTheRightOne) {
  start();
  Client client = admin();
  const base::HttpResponse moved = client.get(std::string(kContainerDocument) + "?hash=older");
  EXPECT_EQ(moved.status, 301);
  const base::HttpResponse document = client.get(header(moved, "Location"));
  EXPECT_EQ(document.status, 200);
  EXPECT_EQ(header(moved, "Location").substr(0, 35), std::string(kContainerDocument) + "?hash=");
  // Without a hash it is the document, but not for ever.
  const base::HttpResponse unasked = client.get(kContainerDocument);
  EXPECT_EQ(unasked.status, 200);
  EXPECT_EQ(unasked.body, document.body);
  EXPECT_EQ(header(unasked, "Cache-Control"), "no-cache, private");
}

TEST_F(OpenapiWire, WhatAClientHoldsIsNotSentAgain) {
  start();
  Client client = admin();
  for (const char* path : {"/openapi/v2", "/openapi/v3", kContainerDocument}) {
    const std::string etag = header(client.get(path), "ETag");
    ASSERT_FALSE(etag.empty()) << path;
    const base::HttpResponse same = client.get(path, {{"If-None-Match", etag}});
    EXPECT_EQ(same.status, 304) << path;
    EXPECT_EQ(same.body, "");
    EXPECT_EQ(header(same, "ETag"), etag);
    EXPECT_EQ(client.get(path, {{"If-None-Match", "\"other\""}}).status, 200) << path;
  }
}

TEST_F(OpenapiWire, SpeaksTheFormsThatClientsAskFor) {
  start();
  Client client = admin();
  const base::HttpResponse json = client.get("/openapi/v2", {{"Accept", "application/json"}});
  EXPECT_EQ(base::string_at(base::parse_json(json.body), "swagger"), "2.0");
  for (const char* type : {"application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
                           "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"}) {
    const base::HttpResponse bytes = client.get("/openapi/v2", {{"Accept", type}});
    EXPECT_EQ(bytes.status, 200);
    EXPECT_EQ(header(bytes, "Content-Type"), "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    EXPECT_TRUE(bytes.body.starts_with("\x12") || bytes.body.starts_with("\x0a")) << "no field 1 or 2 begins it";
    EXPECT_EQ(header(bytes, "ETag"), header(json, "ETag"));
  }
  const base::HttpResponse third =
      client.get(kContainerDocument, {{"Accept", "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"}});
  EXPECT_EQ(header(third, "Content-Type"), "application/com.github.proto-openapi.spec.v3.v1.0+protobuf");
  EXPECT_STATUS(client.get("/openapi/v2", {{"Accept", "text/html"}}), 406, "NotAcceptable");
  EXPECT_STATUS(client.get(kContainerDocument, {{"Accept", "application/yaml"}}), 406, "NotAcceptable");
}

TEST_F(OpenapiWire, ZipsForWhoTakesIt) {
  start();
  Client client = admin();
  for (const char* path : {"/openapi/v2", kContainerDocument}) {
    const base::HttpResponse plain = client.get(path);
    EXPECT_EQ(header(plain, "Content-Encoding"), "");
    const base::HttpResponse zipped = client.get(path, {{"Accept-Encoding", "gzip"}});
    EXPECT_EQ(header(zipped, "Content-Encoding"), "gzip");
    EXPECT_LT(zipped.body.size() * 5, plain.body.size());
    EXPECT_EQ(base::gunzip(zipped.body, plain.body.size()), plain.body);
  }
}

TEST_F(OpenapiWire, KnowsNoOtherDocument) {
  start();
  Client client = admin();
  for (const char* path : {"/openapi/v3/apis/berth.dev/v2", "/openapi/v3/api/v2"}) {
    EXPECT_EQ(client.get(path).status, 404) << path;
  }
  for (const char* path : {"/openapi/v3/apis/apps/v1", "/openapi/v4", "/openapi", "/openapi/v3/apis/berth.dev"}) {
    EXPECT_EQ(client.get(path).status, 404) << path;
  }
  EXPECT_EQ(client.send("POST", "/openapi/v2", "{}").status, 405);
  EXPECT_STATUS(anonymous().get("/openapi/v2"), 401, "Unauthorized");
}

TEST_F(OpenapiWire, BothRootsTellAllAtOnceToWhoAsksForIt) {
  start();
  Client client = admin();
  for (const char* path : {"/api", "/apis"}) {
    const base::HttpResponse all = client.get(path, {{"Accept", kAggregated}});
    ASSERT_EQ(all.status, 200);
    EXPECT_EQ(header(all, "Content-Type"), "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    EXPECT_EQ(header(all, "Vary"), "Accept");
    EXPECT_EQ(header(all, "Cache-Control"), "public");
    const base::Json list = base::parse_json(all.body);
    EXPECT_EQ(base::string_at(list, "kind"), "APIGroupDiscoveryList");
    EXPECT_EQ(base::string_at(list, "apiVersion"), "apidiscovery.k8s.io/v2");
    const HeaderList held{{"Accept", kAggregated}, {"If-None-Match", header(all, "ETag")}};
    EXPECT_EQ(client.get(path, held).status, 304) << path;
    // The others still get the old form.
    const base::HttpResponse old = client.get(path, {{"Accept", "application/json"}});
    EXPECT_EQ(header(old, "Content-Type"), "application/json");
    EXPECT_NE(base::string_at(base::parse_json(old.body), "kind"), "APIGroupDiscoveryList");
  }
}

TEST(AggregatedDiscovery, IsChosenByTheAcceptHeader) {
  EXPECT_EQ(aggregated_version(kAggregated), "v2");
  EXPECT_EQ(aggregated_version("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"), "v2beta1");
  EXPECT_EQ(aggregated_version("application/json"), "");
  EXPECT_EQ(aggregated_version(""), "");
  EXPECT_EQ(aggregated_version("*/*"), "");
  EXPECT_EQ(aggregated_version("application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList"), "");
  EXPECT_EQ(
      aggregated_version("application/json, application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"), "");
  EXPECT_EQ(
      aggregated_version("application/vnd.kubernetes.protobuf;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
                         "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"),
      "v2");
}

}  // namespace
}  // namespace berth::api::testing
