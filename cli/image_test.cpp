// SPDX-License-Identifier: Apache-2.0
#include "cli/image.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

TEST(Image, IsMeantByNameTagDigestOrId) {
  const Json image = base::parse_json(R"({"metadata":{"name":"local.0123456789ab"},"id":"sha256:0123456789abcdef",
      "tags":["nginx:latest","reg:5000/app:1"],"digests":["nginx@sha256:ff"]})");
  for (const char* word : {"local.0123456789ab", "nginx", "nginx:latest", "reg:5000/app:1", "nginx@sha256:ff",
                           "sha256:0123456789abcdef", "0123", "0123456789ab"}) {
    EXPECT_TRUE(is_meant(image, word)) << word;
  }
  for (const char* word : {"", "local", "ngin", "nginx:1", "reg:5000/app", "012", "1234", "ff"}) {
    EXPECT_FALSE(is_meant(image, word)) << word;
  }
}

}  // namespace
}  // namespace berth::cli
