// SPDX-License-Identifier: Apache-2.0
#include "docker/pull_progress.hpp"

#include <gtest/gtest.h>

namespace berth::docker {
namespace {

TEST(PullProgress, CountsLayersAndBytes) {
  PullProgress progress;
  const auto say = [&progress](const char* line) { return progress.add(base::parse_json(line)); };
  EXPECT_EQ(progress.text(), "");
  EXPECT_FALSE(say(R"({"status":"Pulling from library/nginx","id":"1.27"})"));
  EXPECT_EQ(progress.text(), "");
  EXPECT_TRUE(say(R"({"status":"Already exists","id":"a"})"));
  EXPECT_FALSE(say(R"({"status":"Already exists","id":"a"})")) << "nothing new";
  say(R"({"status":"Pulling fs layer","progressDetail":{},"id":"b"})");
  EXPECT_EQ(progress.text(), "1 of 2 layers");
  say(R"({"status":"Downloading","progressDetail":{"current":1572864,"total":3145728},"id":"b"})");
  EXPECT_EQ(progress.text(), "1 of 2 layers, 1.5 of 3.0 MiB");
  say(R"({"status":"Download complete","progressDetail":{},"id":"b"})");
  EXPECT_EQ(progress.text(), "1 of 2 layers, 3.0 of 3.0 MiB");
  say(R"({"status":"Extracting","progressDetail":{"current":32768,"total":3145728},"id":"b"})");
  say(R"({"status":"Pull complete","progressDetail":{},"id":"b"})");
  say(R"({"status":"Digest: sha256:0"})");
  EXPECT_EQ(progress.text(), "2 of 2 layers, 3.0 of 3.0 MiB");
  const std::vector<PullProgress::Layer> layers{{"a", "Already exists", 0, 0, true},
                                                {"b", "Pull complete", 3145728, 3145728, true}};
  EXPECT_EQ(progress.layers(), layers);
}

}  // namespace
}  // namespace berth::docker
