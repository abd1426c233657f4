// SPDX-License-Identifier: Apache-2.0
// Each file under tests/golden/compose/ is one case: a sentence, `-- name --` before each file of the stack, perhaps
// `-- options --` (JSON), and `-- want --`: under model/ the canonical model or the refusal, under objects/ what the
// stack stands for. With BERTH_GOLDEN_REWRITE=1 the runner writes what it got. tests/conformance/compose gives those
// under model/ to compose's own library as well.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/indented_json.hpp"
#include "base/status.hpp"
#include "base/yaml.hpp"
#include "compose/expand.hpp"
#include "compose/model.hpp"
#include "compose/stack_case_testing.hpp"

namespace berth::compose {
namespace {

namespace fs = std::filesystem;

std::string lines_of(const char* what, const Problems& problems) {
  std::string text;
  for (const Problem& problem : problems)
    text += std::string("# ") + what + ": " + problem.path + ": " + problem.message + "\n";
  return text;
}

std::string model_of(const StackCase& given) {
  try {
    const Model model = load_model(given.sources);
    return lines_of("warning", model.warnings) + base::indent_json(base::to_canonical(model.json), 1);
  } catch (const base::Status& status) {
    return "refused: " + status.message() + "\n";
  }
}

std::string objects_of(const StackCase& given) {
  const Expansion made = expand(given.sources, given.target);
  std::string text = lines_of("error", made.errors) + lines_of("warning", made.warnings);
  for (const Json& object : made.objects) {
    text += "---\n" + base::to_yaml(base::parse_json(base::to_canonical(object)));  // keys sorted
  }
  return text;
}

void run(const std::string& folder, std::string (*make)(const StackCase&)) {
  const fs::path root = fs::path(BERTH_SOURCE_DIR) / "tests/golden/compose" / folder;
  const bool rewrite = std::getenv("BERTH_GOLDEN_REWRITE") != nullptr;
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(root)) {
    SCOPED_TRACE(entry.path());
    const StackCase given = read_stack_case(entry.path());
    const std::string got = make(given);
    EXPECT_EQ(got, given.want);
    if (rewrite && got != given.want) {
      std::ofstream(entry.path(), std::ios::binary | std::ios::trunc) << given.given << "-- want --\n" << got;
    }
    ++count;
  }
  EXPECT_GE(count, 10U) << root;
}

TEST(ComposeGolden, Models) { run("model", model_of); }
TEST(ComposeGolden, Objects) { run("objects", objects_of); }

}  // namespace
}  // namespace berth::compose
