// SPDX-License-Identifier: Apache-2.0
#include "api/accept.hpp"

#include <gtest/gtest.h>

namespace berth::api {
namespace {

TEST(Accept, RanksByQualityAndThenByPlace) {
  const auto clauses = read_accept(
      "text/html;q=0.5, Application/JSON;g=meta.k8s.io;v=v1;as=Table , */*;q=0.1, application/yaml, a/b;q=0");
  ASSERT_EQ(clauses.size(), 4U);
  EXPECT_EQ(clauses[0].type, "application/json");
  EXPECT_EQ(clauses[0].as, "Table");
  EXPECT_EQ(clauses[0].group, "meta.k8s.io");
  EXPECT_EQ(clauses[0].version, "v1");
  EXPECT_EQ(clauses[1].type, "application/yaml");
  EXPECT_EQ(clauses[2].type, "text/html");
  EXPECT_EQ(clauses[3].type, "*/*");
}

TEST(Accept, TakesByWildcard) {
  EXPECT_TRUE(read_accept("*/*")[0].takes("application/json"));
  EXPECT_TRUE(read_accept("application/*")[0].takes("application/json"));
  EXPECT_TRUE(read_accept("application/json")[0].takes("application/json"));
  EXPECT_FALSE(read_accept("text/*")[0].takes("application/json"));
  EXPECT_FALSE(read_accept("app/*")[0].takes("application/json"));
  EXPECT_FALSE(read_accept("application/jso")[0].takes("application/json"));
}

TEST(Accept, NoHeaderIsNoClause) {
  EXPECT_TRUE(read_accept("").empty());
  EXPECT_TRUE(read_accept(" , ").empty());
}

TEST(Etag, IsHeldWhenListed) {
  EXPECT_TRUE(holds_etag("\"a\"", "\"a\""));
  EXPECT_TRUE(holds_etag("\"b\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(holds_etag("*", "\"a\""));
  EXPECT_FALSE(holds_etag("", "\"a\""));
  EXPECT_FALSE(holds_etag("a", "\"a\""));
  EXPECT_FALSE(holds_etag("\"ab\"", "\"a\""));
}

TEST(AcceptEncoding, TakesGzipWhenAskedFor) {
  EXPECT_TRUE(takes_gzip("gzip"));
  EXPECT_TRUE(takes_gzip("deflate, GZIP;q=0.5"));
  EXPECT_FALSE(takes_gzip("gzip;q=0"));
  EXPECT_FALSE(takes_gzip("deflate"));
  EXPECT_FALSE(takes_gzip(""));
}

}  // namespace
}  // namespace berth::api
