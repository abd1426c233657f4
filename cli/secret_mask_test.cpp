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
