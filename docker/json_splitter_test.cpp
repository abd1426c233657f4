// SPDX-License-Identifier: Apache-2.0
#include "docker/json_splitter.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/status.hpp"

namespace berth::docker {
namespace {

std::vector<std::string> split(const std::string& bytes, std::size_t step) {
  JsonSplitter splitter;
  std::vector<std::string> objects;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    splitter.feed(bytes.substr(at, step));
    while (auto object = splitter.next()) objects.push_back(*object);
  }
  return objects;
}

TEST(JsonSplitter, CutsWhateverStandsBetweenAndWhereverItIsSplit) {
  const std::string one = R"({"a":{"b":"}{\"\\"}})";
  const std::string two = R"({"c":[1,2]})";
  for (const std::string between : {"", "\n", "\r\n", "\x1e"}) {
    const std::string bytes = between + one + between + two + between;
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
      EXPECT_EQ(split(bytes, step), (std::vector<std::string>{one, two})) << "step " << step;
    }
  }
}

TEST(JsonSplitter, AnObjectWithoutEndIsAnError) {
  JsonSplitter splitter;
  splitter.feed("{" + std::string(JsonSplitter::kMaxObject + 1, ' '));
  EXPECT_THROW(splitter.next(), base::Status);
}

}  // namespace
}  // namespace berth::docker
