// SPDX-License-Identifier: Apache-2.0
#include "cli/pull_display.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace berth::cli {
namespace {

base::Json progress(const std::string& layers) {
  return base::parse_json(R"({"message":"1 of 2 layers","layers":[)" + layers + "]}");
}

const std::string kDone = R"({"id":"a","status":"Already exists","current":0,"total":0})";

TEST(PullDisplay, LinesTellOfEachChangeOfALayerOnce) {
  PullDisplay display("nginx:1", PullDisplay::On::Lines);
  const auto loading = [](int current) {
    return kDone + R"(,{"id":"b","status":"Downloading","total":4194304,"current":)" + std::to_string(current) + "}";
  };
  EXPECT_EQ(display.show(progress(kDone)), "nginx:1: a: Already exists\n");
  EXPECT_EQ(display.show(progress(loading(1))), "nginx:1: b: Downloading\n");
  EXPECT_EQ(display.show(progress(loading(2))), "");
  EXPECT_EQ(display.show(progress(R"({"id":"b","status":"Pull complete"})")), "nginx:1: b: Pull complete\n");
  EXPECT_EQ(display.clear(), "");
}

TEST(PullDisplay, ATerminalIsRedrawnInPlace) {
  PullDisplay display("nginx:1", PullDisplay::On::Terminal);
  EXPECT_EQ(display.clear(), "");
  const std::string loading = R"(,{"id":"b","status":"Downloading","current":1048576,"total":4194304})";
  EXPECT_EQ(display.show(progress(kDone + loading)),
            "nginx:1: 1 of 2 layers\n"
            "  b: Downloading  25%  1.0/4.0 MiB\n");
  EXPECT_EQ(display.show(progress(kDone + R"(,{"id":"b","status":"Pull complete"})")),
            "\x1b[2F\x1b[J"
            "nginx:1: 1 of 2 layers\n");
  EXPECT_EQ(display.clear(), "\x1b[1F\x1b[J");
  EXPECT_EQ(display.clear(), "");
}

TEST(PullDisplay, WhatOthersWroteDoesNotReachTheTerminalAsItIs) {
  for (const auto on : {PullDisplay::On::Terminal, PullDisplay::On::Lines}) {
    PullDisplay display("nginx:1", on);
    const std::string text = display.show(progress(R"({"id":"\u001b[31mb","status":"Extracting"})"));
    EXPECT_NE(text.find("^[[31mb: Extracting"), std::string::npos) << text;
  }
}

TEST(PullDisplay, AThousandLayersDoNotFillTheTerminal) {
  PullDisplay display("nginx:1", PullDisplay::On::Terminal);
  std::string layers = kDone;
  for (int i = 0; i < 1000; ++i) layers += R"(,{"id":")" + std::to_string(i) + R"(","status":"Extracting"})";
  const std::string text = display.show(progress(layers));
  EXPECT_EQ(std::ranges::count(text, '\n'), 12);
}

}  // namespace
}  // namespace berth::cli
