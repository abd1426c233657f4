// SPDX-License-Identifier: Apache-2.0
#include "store/live_index.hpp"

#include <gmock/gmock.h>

#include <set>

#include "store/store_fixture.hpp"

namespace berth::store {
namespace {

Entry entry(std::string key, Revision revision, std::vector<std::string> terms) {
  return make_entry(std::move(key), revision, "x", std::move(terms));
}

TEST(LiveIndexTest, PostingsFollowTheTerms) {
  LiveIndex index;
  index.put(entry("a", 1, {"x", "y"}));
  index.put(entry("b", 2, {"x"}));
  EXPECT_EQ(index.postings("x"), 2u);
  index.put(entry("a", 3, {"y", "z", "z"}));
  EXPECT_EQ(index.postings("x"), 1u);
  EXPECT_EQ(index.postings("z"), 1u);
  index.erase("a");
  index.erase("a");
  EXPECT_EQ(index.postings("y"), 0u);
  EXPECT_EQ(index.postings("z"), 0u);
  EXPECT_EQ(index.size(), 1u);
  EXPECT_EQ(index.find("a"), nullptr);
  EXPECT_EQ(index.find("b")->revision, 2u);
}

// Whoever is put between others that have the term, and between those that have not.
TEST(LiveIndexTest, PostingsAreInKeyOrderWhateverCameFirst) {
  LiveIndex index;
  const auto terms_of = [](int number) {
    std::vector<std::string> terms;
    for (const int divisor : {1, 2, 3, 7}) {
      if (number % divisor == 0) terms.push_back("by" + std::to_string(divisor));
    }
    return terms;
  };
  constexpr int kKeys = 211;  // a prime: each step below meets every key once
  const auto key_of = [](int number) { return "k" + std::to_string(1000 + number); };
  const auto expect_lists = [&](const std::set<int>& present) {
    for (const int divisor : {1, 2, 3, 7}) {
      std::vector<std::string> keys;
      for (const int number : present) {
        if (number % divisor == 0) keys.push_back(key_of(number));
      }
      ListQuery query;
      query.terms = {"by" + std::to_string(divisor)};
      EXPECT_EQ(testing::keys_of(index.list(query)), keys) << divisor;
      EXPECT_EQ(index.postings(query.terms[0]), keys.size());
    }
  };
  std::set<int> present;
  for (int i = 0; i < kKeys; ++i) {
    const int number = i * 89 % kKeys;
    index.put(entry(key_of(number), 1, terms_of(number)));
    present.insert(number);
  }
  expect_lists(present);
  for (int i = 0; i < kKeys; i += 2) {
    const int number = i * 34 % kKeys;
    index.erase(key_of(number));
    present.erase(number);
  }
  expect_lists(present);
  for (int i = 0; i < kKeys; ++i) {
    const int number = i * 55 % kKeys;
    index.put(entry(key_of(number), 2, {"other"}));
    index.put(entry(key_of(number), 3, terms_of(number)));
    present.insert(number);
  }
  expect_lists(present);
  EXPECT_EQ(index.postings("other"), 0u);
}

TEST(LiveIndexTest, AListHandsOutTheRecordsThemselves) {
  LiveIndex index;
  index.put(entry("a", 1, {"t"}));
  const Entry listed = index.list({}).entries.at(0);
  EXPECT_EQ(listed.value, index.find("a")->value);
  EXPECT_EQ(listed.key.data(), index.find("a")->key.data());
  EXPECT_EQ(listed.terms.data(), index.find("a")->terms.data());
  index.erase("a");
  EXPECT_EQ(listed.key, "a") << "a handle keeps its record";
  EXPECT_THAT(listed.terms, ::testing::ElementsAre("t"));
}

TEST(LiveIndexTest, AListBeginsWhereItsPrefixDoes) {
  LiveIndex index;
  for (const char* key : {"a", "b/1", "b/2", "b0", "c"}) index.put(entry(key, 1, {"t"}));
  ListQuery query;
  query.prefix = "b/";
  query.after = "a";  // before the prefix: no effect
  for (const auto& terms : {std::vector<std::string>{}, std::vector<std::string>{"t"}}) {
    query.terms = terms;
    EXPECT_THAT(testing::keys_of(index.list(query)), ::testing::ElementsAre("b/1", "b/2"));
  }
}

TEST(LiveIndexTest, AListEndsWhereItsPrefixDoes) {
  LiveIndex index;
  for (const char* key : {"a", "b\xff", "b\xff\xff", "c", "\xff\xff"}) index.put(entry(key, 1, {"t"}));
  const auto keys = [&index](std::string prefix, std::string after, std::vector<std::string> terms) {
    ListQuery query;
    query.prefix = std::move(prefix);
    query.after = std::move(after);
    query.terms = std::move(terms);
    return testing::keys_of(index.list(query));
  };
  for (const auto& terms : {std::vector<std::string>{}, std::vector<std::string>{"t"}}) {
    EXPECT_THAT(keys("b\xff", "", terms), ::testing::ElementsAre("b\xff", "b\xff\xff"));
    EXPECT_THAT(keys("b", "b\xff\xff", terms), ::testing::IsEmpty());
    EXPECT_THAT(keys("b", "c", terms), ::testing::IsEmpty()) << "past the prefix";
    EXPECT_THAT(keys("b", "bz", terms), ::testing::ElementsAre("b\xff", "b\xff\xff"));
    EXPECT_THAT(keys("\xff", "", terms), ::testing::ElementsAre("\xff\xff")) << "nothing is greater";
    EXPECT_THAT(keys("", "b\xff\xff", terms), ::testing::ElementsAre("c", "\xff\xff"));
  }
}

}  // namespace
}  // namespace berth::store
