// SPDX-License-Identifier: Apache-2.0
#include "api/openapi_documents.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace berth::api {
namespace {

const schemas::Catalog& catalog() { return schemas::Catalog::instance(); }

TEST(OpenapiDocuments, EveryGroupVersionWithAResourceHasOne) {
  OpenapiDocuments documents(catalog());
  std::size_t found = 0;
  for (const schemas::Kind& kind : catalog().kinds()) {
    if (kind.verbs.empty()) continue;
    ++found;
    EXPECT_NE(documents.v3((kind.group.empty() ? "api/" : "apis/") + kind.api_version()), nullptr) << kind.kind;
  }
  EXPECT_GE(found, 6U);
  EXPECT_EQ(documents.v3("api/berth.dev/v1"), nullptr);
  EXPECT_EQ(documents.v3("apis/v1"), nullptr);
  EXPECT_EQ(documents.v3(""), nullptr);
}

TEST(OpenapiDocuments, TheIndexNamesEachWithItsHash) {
  OpenapiDocuments documents(catalog());
  const base::Json paths = base::parse_json(documents.v3_index()).at("paths");
  for (const auto& [group_version, entry] : paths.as_object()) {
    OpenapiDocument* document = documents.v3(group_version);
    ASSERT_NE(document, nullptr);
    EXPECT_EQ(base::string_at(entry, "serverRelativeURL"), openapi_url(group_version, document->hash()));
  }
}

// Replicas of one release, and the next start of this one, must agree, or clients fetch all again.
TEST(OpenapiDocuments, TheHashIsOfTheContentAlone) {
  OpenapiDocuments one(catalog());
  OpenapiDocuments other(catalog());
  EXPECT_EQ(one.v2().hash(), other.v2().hash());
  EXPECT_NE(one.v2().hash(), one.v3("api/v1")->hash());
}

TEST(OpenapiDocuments, ThreadsThatAskAtOnceGetTheSame) {
  OpenapiDocuments documents(catalog());
  std::vector<std::string> bodies(4);
  std::vector<std::thread> threads;
  for (std::string& body : bodies) {
    threads.emplace_back([&] { body = documents.v2().body(OpenapiForm::Protobuf, Coding::Gzip); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(bodies[0].empty());
  EXPECT_TRUE(std::ranges::all_of(bodies, [&](const std::string& body) { return body == bodies[0]; }));
}

}  // namespace
}  // namespace berth::api
