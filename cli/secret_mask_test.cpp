// SPDX-License-Identifier: Apache-2.0
#include "cli/secret_mask.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

TEST(SecretMask, ShowsWhichKeysChangeAndNoValue) {
  base::Json from = base::parse_json(R"({"data":{"changed":"b2xk","gone":"cQ==","same":"eA=="}})");
  base::Json to = base::parse_json(R"({"data":{"changed":"bmV3","new":"cQ==","same":"eA=="}})");
  mask_secret(from, to);
  EXPECT_EQ(base::to_canonical(from.at("data")), R"x({"changed":"*** (before)","gone":"***","same":"***"})x");
  EXPECT_EQ(base::to_canonical(to.at("data")), R"x({"changed":"*** (after)","new":"***","same":"***"})x");
}

TEST(SecretMask, HidesTheCopyThatKubectlKeeps) {
  const std::string copy = R"({"kubectl.kubernetes.io/last-applied-configuration":"{\"stringData\":{\"a\":\"old\"}}"})";
  base::Json from = base::parse_json(R"({"metadata":{"annotations":)" + copy + R"(},"stringData":{"a":"old"}})");
  base::Json to = base::parse_json(R"({"metadata":{"annotations":{"other":"shown"}},"stringData":{"a":"new"}})");
  mask_secret(from, to);
  EXPECT_EQ(base::to_canonical(from),
            R"({"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration")"
            R"x(:"***"}},"stringData":{"a":"*** (before)"}})x");
  EXPECT_EQ(base::to_canonical(to), R"({"metadata":{"annotations":{"other":"shown"}},)"
                                    R"x("stringData":{"a":"*** (after)"}})x");
}

TEST(SecretMask, OneSideMayBeAbsent) {
  base::Json from;
  base::Json to = base::parse_json(R"({"data":{"a":"cQ=="}})");
  mask_secret(from, to);
  EXPECT_EQ(base::to_canonical(to), R"({"data":{"a":"***"}})");
  base::Json bare = base::parse_json(R"({"type":"Opaque"})");
  mask_secret(bare, to);
  EXPECT_EQ(base::to_canonical(bare), R"({"type":"Opaque"})");
}

}  // namespace
}  // namespace berth::cli
