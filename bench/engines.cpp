// SPDX-License-Identifier: Apache-2.0
// Fake engines by the hundred, on one loop. `bench_engines --dir D --count 100`: serves D/engine-<n>.sock, with
// --containers on each that somebody else runs. It answers each line on standard input by one JSON object, and ends
// with the input: "counters", which it sets to zero; "running", how many containers run; "away 10" and "back 10", the
// first ten vanish and come back.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/scope.hpp"
#include "tests/fake_engine/fake_engine.hpp"

namespace berth::bench {
namespace {

using Engines = std::vector<std::unique_ptr<fake_engine::FakeEngine>>;

void print_counters(const Engines& engines) {
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
}

void print_running(const Engines& engines) {
  std::size_t running = 0;
  for (const auto& engine : engines) running += engine->running().size();
  std::printf("{\"running\": %zu}\n", running);
}

void follow(const Engines& engines, const std::string& line) {
  std::istringstream words(line);
  std::string what;
  std::size_t count = 0;
  words >> what >> count;
  for (std::size_t i = 0; i < std::min(count, engines.size()); ++i) {
    if (what == "away") engines[i]->go_away();
    if (what == "back") engines[i]->come_back();
  }
  if (what == "counters") {
    print_counters(engines);
  } else if (what == "running") {
    print_running(engines);
  } else {
    std::puts("{}");
  }
  std::fflush(stdout);
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  CLI::App app{"fake engines"};
  std::string dir;
  int count = 100;
  int containers = 0;
  app.add_option("--dir", dir)->required();
  app.add_option("--count", count);
  app.add_option("--containers", containers);
  CLI11_PARSE(app, argc, argv);
  base::Loop loop("engines");
  bench::Engines engines;
  for (int i = 0; i < count; ++i) {
    fake_engine::FakeEngineOptions options;
    options.socket_path = dir + "/engine-" + std::to_string(i) + ".sock";
    options.images = {"busybox:test"};
    engines.push_back(std::make_unique<fake_engine::FakeEngine>(loop, options));
    for (int number = 0; number < containers; ++number) {
      engines.back()->run("other-" + std::to_string(number), base::Json{{"Image", "busybox:test"}});
    }
  }
  std::puts("ready");
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) bench::follow(engines, line);
  return 0;
}
