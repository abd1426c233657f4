// SPDX-License-Identifier: Apache-2.0
#include "api/partial_metadata.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"

namespace berth::api {
namespace {

TEST(PartialMetadata, IsCutOutOfTheBytes) {
  EXPECT_EQ(metadata_in(R"({"apiVersion":"v1","metadata":{"name":"a"},"spec":{"metadata":1}})"), R"({"name":"a"})");
  EXPECT_EQ(metadata_in(R"({"data":{"metadata":"x","q":"a\"}{[,\\"},"metadata":{"labels":{"a":"}"}}})"),
            R"({"labels":{"a":"}"}})");
  EXPECT_EQ(metadata_in(R"({"list":[{"metadata":{}},[1,2]],"metadata":{"n":[{}]},"z":1})"), R"({"n":[{}]})");
  EXPECT_EQ(metadata_in(R"({"a":1,"b":null})"), "{}");
  EXPECT_EQ(metadata_in("{}"), "{}");
  EXPECT_EQ(partial_metadata(R"({"kind":"X","metadata":{"name":"a"}})", "v1beta1"),
            R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1beta1","metadata":{"name":"a"}})");
}

TEST(PartialMetadata, OfWhatIsNoObjectIsAnErrorOfOurs) {
  for (const char* bytes : {"", "[", "[]", "{\"metadata\":{", "{\"metadata", "{\"a\":\"\\"}) {
    EXPECT_THROW(metadata_in(bytes), base::Status) << bytes;
  }
}

}  // namespace
}  // namespace berth::api
