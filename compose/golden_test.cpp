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

namespace berth::compose {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::string given;  // the text before `want`
  std::string want;
  Sources sources;
  Target target{.stack = "shop", .host = "local"};
};

std::vector<std::string> texts(const Json& value, std::string_view name) {
  std::vector<std::string> made;
  if (const Json* list = base::find_path(value, name)) {
    for (const Json& item : list->as_array()) made.emplace_back(item.as_string());
  }
  return made;
}

Environment pairs(const Json& value, std::string_view name) {
  Environment made;
  if (const Json* map = base::find_path(value, name)) {
    for (const auto& member : map->as_object()) made[member.key()] = std::string(member.value().as_string());
  }
  return made;
}

void take_options(const Json& options, Case& made) {
  const std::vector<std::string> files = texts(options, "compose_files");
  if (!files.empty()) made.sources.compose_files = files;
  made.sources.profiles = texts(options, "profiles");
  made.sources.env = pairs(options, "env");
  made.sources.secrets = pairs(options, "secrets");
  made.sources.project = base::string_at(options, "project");
  made.target.host_dir = base::string_at(options, "host_dir");
  if (base::bool_at(options, "old_engine")) made.target.missing_path = MissingPath::Refused;
}

Case read_case(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Case read;
  std::map<std::string, std::string> sections;
  std::string* into = nullptr;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("-- ") && line.ends_with(" --")) into = &sections[line.substr(3, line.size() - 6)];
    if (into != &sections["want"]) read.given += line + "\n";
    if (into != nullptr && !line.starts_with("-- ")) *into += line + "\n";
  }
  read.sources.working_dir = "/stack";
  read.sources.home = "/home/somebody";
  read.sources.compose_files = {"compose.yaml"};
  read.want = sections["want"];
  if (!sections["options"].empty()) take_options(base::parse_json(sections["options"]), read);
  for (const char* own : {"want", "options", "waived"}) sections.erase(own);
  for (auto& [name, text] : sections) read.sources.files[name] = text;
  return read;
}

std::string lines_of(const char* what, const Problems& problems) {
  std::string text;
  for (const Problem& problem : problems)
    text += std::string("# ") + what + ": " + problem.path + ": " + problem.message + "\n";
  return text;
}

std::string model_of(const Case& given) {
  try {
    const Model model = load_model(given.sources);
    return lines_of("warning", model.warnings) + base::indent_json(base::to_canonical(model.json), 1);
  } catch (const base::Status& status) {
    return "refused: " + status.message() + "\n";
  }
}

std::string objects_of(const Case& given) {
  const Expansion made = expand(given.sources, given.target);
  std::string text = lines_of("error", made.errors) + lines_of("warning", made.warnings);
  for (const Json& object : made.objects) {
    text += "---\n" + base::to_yaml(base::parse_json(base::to_canonical(object)));  // keys sorted
  }
  return text;
}

void run(const std::string& folder, std::string (*make)(const Case&)) {
  const fs::path root = fs::path(BERTH_SOURCE_DIR) / "tests/golden/compose" / folder;
  const bool rewrite = std::getenv("BERTH_GOLDEN_REWRITE") != nullptr;
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(root)) {
    SCOPED_TRACE(entry.path());
    const Case given = read_case(entry.path());
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
