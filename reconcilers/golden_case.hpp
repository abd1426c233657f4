// SPDX-License-Identifier: Apache-2.0
#pragma once
// Golden files of this room: a sentence, then sections `-- name --`, the last of them `-- want --`. With
// BERTH_GOLDEN_REWRITE=1 the runner writes what it got. For tests.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/yaml.hpp"

namespace berth::reconcilers::testing {

struct GoldenCase {
  std::string title;
  std::vector<std::pair<std::string, std::string>> sections;

  std::string section(std::string_view name) const {
    for (const auto& [key, text] : sections) {
      if (key == name) return text;
    }
    return "";
  }
  base::Json yaml(std::string_view name) const {
    const std::string text = section(name);
    return text.empty() ? base::Json(base::JsonObject{}) : base::parse_one_yaml(text).value;
  }
};

inline GoldenCase read_golden(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  GoldenCase read;
  std::string* into = &read.title;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("-- ") && line.ends_with(" --")) {
      into = &read.sections.emplace_back(line.substr(3, line.size() - 6), "").second;
    } else {
      *into += line + "\n";
    }
  }
  return read;
}

inline void write_golden(const std::filesystem::path& path, const GoldenCase& given, const std::string& got) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << given.title;
  for (const auto& [name, text] : given.sections) {
    if (name != "want") file << "-- " << name << " --\n" << text;
  }
  file << "-- want --\n" << got;
}

// Runs every case of tests/golden/<folder>; fails when there is none.
inline void run_golden(const std::string& folder, const std::function<std::string(const GoldenCase&)>& act) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(BERTH_SOURCE_DIR "/tests/golden/" + folder)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  EXPECT_FALSE(paths.empty()) << "no golden files in " << folder;
  const bool rewrite = std::getenv("BERTH_GOLDEN_REWRITE") != nullptr;
  for (const auto& path : paths) {
    SCOPED_TRACE(path.filename().string());
    const GoldenCase given = read_golden(path);
    const std::string got = act(given);
    if (rewrite) {
      write_golden(path, given, got);
    } else {
      EXPECT_EQ(given.section("want"), got);
    }
  }
}

}  // namespace berth::reconcilers::testing
