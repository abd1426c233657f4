// SPDX-License-Identifier: Apache-2.0
#pragma once
// Cases under tests/golden/compose/: a sentence, `-- name --` before each file of the stack, perhaps `-- options --`
// (JSON), and `-- want --`.
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "compose/expand.hpp"

namespace berth::compose {

struct StackCase {
  std::string given;  // the text before `want`
  std::string want;
  Sources sources;
  Target target{.stack = "shop", .host = "local"};
};

inline std::vector<std::string> texts_of(const base::Json& value, std::string_view name) {
  std::vector<std::string> made;
  if (const base::Json* list = base::find_path(value, name)) {
    for (const base::Json& item : list->as_array()) made.emplace_back(item.as_string());
  }
  return made;
}

inline Environment pairs_of(const base::Json& value, std::string_view name) {
  Environment made;
  if (const base::Json* map = base::find_path(value, name)) {
    for (const auto& member : map->as_object()) made[member.key()] = std::string(member.value().as_string());
  }
  return made;
}

inline void take_options(const base::Json& options, StackCase& made) {
  const std::vector<std::string> files = texts_of(options, "compose_files");
  if (!files.empty()) made.sources.compose_files = files;
  made.sources.profiles = texts_of(options, "profiles");
  made.sources.services = texts_of(options, "services");
  made.sources.env = pairs_of(options, "env");
  made.sources.secrets = pairs_of(options, "secrets");
  made.sources.project = base::string_at(options, "project");
  made.target.host_dir = base::string_at(options, "host_dir");
  if (base::bool_at(options, "old_engine")) made.target.missing_path = MissingPath::Refused;
}

inline StackCase read_stack_case(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  StackCase read;
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

}  // namespace berth::compose
