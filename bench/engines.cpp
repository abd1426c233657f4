// SPDX-License-Identifier: Apache-2.0
// Fake engines by the hundred, on one loop. `bench_engines --dir D --count 100`: serves D/engine-<n>.sock. For each
// line on standard input it prints its counters as one JSON object and sets them to zero; it ends with the input.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/scope.hpp"
#include "tests/fake_engine/fake_engine.hpp"

int main(int argc, char** argv) {
  using namespace berth;
  CLI::App app{"fake engines"};
  std::string dir;
  int count = 100;
  app.add_option("--dir", dir)->required();
  app.add_option("--count", count);
  CLI11_PARSE(app, argc, argv);
  base::Loop loop("engines");
  std::vector<std::unique_ptr<fake_engine::FakeEngine>> engines;
  for (int i = 0; i < count; ++i) {
    fake_engine::FakeEngineOptions options;
    options.socket_path = dir + "/engine-" + std::to_string(i) + ".sock";
    options.images = {"busybox:test"};
    engines.push_back(std::make_unique<fake_engine::FakeEngine>(loop, options));
  }
  std::puts("ready");
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    std::uint64_t writes = 0;
    std::uint64_t lists = 0;
    std::uint64_t total = 0;
    for (const auto& engine : engines) {
      writes += engine->writes();
      lists += engine->lists();
      total += engine->total() - engine->calls("ping");  // which an engine gets that was silent for a while
      engine->reset_counters();
    }
    std::printf("{\"writes\": %llu, \"lists\": %llu, \"total\": %llu}\n", static_cast<unsigned long long>(writes),
                static_cast<unsigned long long>(lists), static_cast<unsigned long long>(total));
    std::fflush(stdout);
  }
  return 0;
}
