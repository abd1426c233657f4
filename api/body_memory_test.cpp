// SPDX-License-Identifier: Apache-2.0
#include "api/body_memory.hpp"

#include <gtest/gtest.h>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <string>

namespace berth::api {
namespace {

TEST(BodyMemoryTest, ABlockGoesFromOneTreeToTheNext) {
  void* first = nullptr;
  for (int i = 0; i < 3; ++i) {
    boost::json::monotonic_resource tree(kBodyBlockBytes, body_memory());
    void* const place = tree.allocate(64);
    if (first == nullptr) first = place;
    EXPECT_EQ(place, first) << i;
  }
}

TEST(BodyMemoryTest, TreesOfOneTimeDoNotShareABlock) {
  boost::json::monotonic_resource one(kBodyBlockBytes, body_memory());
  boost::json::monotonic_resource other(kBodyBlockBytes, body_memory());
  const boost::json::value a = boost::json::parse(R"({"name":"a long text that is no short string"})", &one);
  const boost::json::value b = boost::json::parse(R"({"name":"another text that is no short string"})", &other);
  EXPECT_EQ(a.at("name").as_string(), "a long text that is no short string");
  EXPECT_EQ(b.at("name").as_string(), "another text that is no short string");
}

TEST(BodyMemoryTest, ATreeMayTakeMoreThanItsBlock) {
  boost::json::monotonic_resource tree(kBodyBlockBytes, body_memory());
  {
    const std::string text(5 * kBodyBlockBytes, 'x');
    const boost::json::value value(boost::json::string(text, &tree));
    EXPECT_EQ(value.as_string().size(), text.size());
  }
  tree.release();
  boost::json::monotonic_resource next(kBodyBlockBytes, body_memory());
  EXPECT_NE(next.allocate(64), nullptr);
}

}  // namespace
}  // namespace berth::api
