// SPDX-License-Identifier: Apache-2.0
// Every saved input of every target, on each unit run. What a fuzzer found stays found.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/target.hpp"

namespace berth::fuzz {
namespace {

class Corpus : public ::testing::TestWithParam<Named> {};

TEST_P(Corpus, HoldsForEverySavedInput) {
  const auto folder = std::filesystem::path(BERTH_SOURCE_DIR) / "tests/fuzz/corpus" / GetParam().name;
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    SCOPED_TRACE(entry.path());
    GetParam().target(bytes);
    // Cut short and with a byte changed, too: cheap neighbours of what is known.
    for (std::size_t i = 0; i < bytes.size(); i += 1 + bytes.size() / 64) {
      GetParam().target(std::string_view(bytes).substr(0, i));
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ 0x55);
      GetParam().target(changed);
    }
    ++count;
  }
  EXPECT_GE(count, 3U) << folder;
}

INSTANTIATE_TEST_SUITE_P(Targets, Corpus, ::testing::ValuesIn(kTargets),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace berth::fuzz
