// SPDX-License-Identifier: Apache-2.0
// Each file under tests/golden/schemas/<what>/ is one case: a sentence, `-- object --` (YAML), for update also
// `-- before --`, and `-- want --`. With BERTH_GOLDEN_REWRITE=1 the runner writes what it got.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "base/clock.hpp"
#include "base/yaml.hpp"
#include "schemas/admit.hpp"

namespace berth::schemas {

namespace {

namespace fs = std::filesystem;

struct Case {
  std::string title;
  std::map<std::string, std::string> sections;
};

Case read_case(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Case read;
  std::string* into = &read.title;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("-- ") && line.ends_with(" --")) {
      into = &read.sections[line.substr(3, line.size() - 6)];
    } else {
      *into += line + "\n";
    }
  }
  return read;
}

void write_case(const fs::path& path, const Case& made) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << made.title;
  for (const char* name : {"before", "object", "want"}) {
    const auto found = made.sections.find(name);
    if (found != made.sections.end()) file << "-- " << name << " --\n" << found->second;
  }
}

const Kind& kind_of(const Json& object) {
  const auto* kind =
      Catalog::instance().find_kind(base::string_at(object, "apiVersion"), base::string_at(object, "kind"));
  if (!kind) throw base::bad_request("no such kind");
  return *kind;
}

Json parse(const std::string& yaml) { return base::parse_one_yaml(yaml).value; }

// As admission does it, before it validates.
Json admitted(const std::string& yaml) {
  Json object = parse(yaml);
  prune(kind_of(object), object);
  apply_defaults(kind_of(object), object);
  return object;
}

std::string sorted_yaml(const Json& value) { return base::to_yaml(base::parse_json(base::to_canonical(value))); }

std::string list_causes(const std::vector<base::Cause>& causes) {
  if (causes.empty()) return "valid\n";
  std::string text;
  for (const base::Cause& cause : causes) text += cause.reason + " " + cause.field + ": " + cause.message + "\n";
  return text;
}

std::string run_validate(const Case& given) {
  const Json object = admitted(given.sections.at("object"));
  return list_causes(validate(kind_of(object), object));
}

std::string run_update(const Case& given) {
  const Json object = admitted(given.sections.at("object"));
  return list_causes(validate_update(kind_of(object), object, admitted(given.sections.at("before"))));
}

std::string run_prune(const Case& given) {
  Json object = parse(given.sections.at("object"));
  std::string text;
  for (const std::string& path : prune(kind_of(object), object)) text += "unknown field " + path + "\n";
  return text + sorted_yaml(object);
}

std::string run_defaults(const Case& given) {
  Json object = parse(given.sections.at("object"));
  apply_defaults(kind_of(object), object);
  Json again = object;
  apply_defaults(kind_of(again), again);
  EXPECT_TRUE(base::json_equal(object, again)) << "defaulting is not idempotent";
  return sorted_yaml(object);
}

std::string run_table(const Case& given) {
  const Json object = parse(given.sections.at("object"));
  const auto now = *base::parse_time("2026-01-02T03:04:05Z");
  const Json cells = table_cells(kind_of(object), object, now);
  const Json columns = table_columns(kind_of(object));
  EXPECT_EQ(cells.get_array().size(), columns.get_array().size());
  std::string text;
  for (std::size_t i = 0; i < columns.get_array().size(); ++i) {
    const Json& column = columns.get_array()[i];
    text += std::string(base::string_at(column, "name")) + " (" + std::string(base::string_at(column, "type"));
    if (base::int_at(column, "priority") > 0) text += ", wide";
    text += "): " + base::to_canonical(cells.get_array()[i]) + "\n";
  }
  return text;
}

std::string run_references(const Case& given) {
  const Json object = parse(given.sections.at("object"));
  std::string text;
  for (const Reference& reference : references(kind_of(object), object)) {
    text += reference.field + " -> " + reference.kind + " " + reference.ns + "/" + reference.name;
    if (!reference.key.empty()) text += " key " + reference.key;
    if (reference.optional) text += " optional";
    text += "\n";
  }
  return text.empty() ? "none\n" : text;
}

std::string run(const std::string& what, const Case& given) {
  if (what == "validate") return run_validate(given);
  if (what == "update") return run_update(given);
  if (what == "prune") return run_prune(given);
  if (what == "defaults") return run_defaults(given);
  if (what == "table") return run_table(given);
  if (what == "references") return run_references(given);
  throw base::internal_error("no runner for " + what);
}

std::vector<fs::path> all_cases() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(BERTH_SOURCE_DIR "/tests/golden/schemas")) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string case_name(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.parent_path().filename().string() + "_" + info.param.stem().string();
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
}

class SchemasGolden : public testing::TestWithParam<fs::path> {};

TEST_P(SchemasGolden, IsAsWritten) {
  Case read = read_case(GetParam());
  const std::string got = run(GetParam().parent_path().filename().string(), read);
  if (std::getenv("BERTH_GOLDEN_REWRITE")) {
    read.sections["want"] = got;
    return write_case(GetParam(), read);
  }
  EXPECT_EQ(read.sections["want"], got);
}

INSTANTIATE_TEST_SUITE_P(Files, SchemasGolden, testing::ValuesIn(all_cases()), case_name);

}  // namespace

}  // namespace berth::schemas
