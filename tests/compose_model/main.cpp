// SPDX-License-Identifier: Apache-2.0
// Cases on stdin, one JSON object a line, with the members of compose::Sources; for each a line on stdout:
// {"model": ...} or {"error": "..."}.
#include <iostream>
#include <string>

#include "base/json.hpp"
#include "base/status.hpp"
#include "compose/model.hpp"

namespace berth {
namespace {

compose::Environment texts(const base::Json& value, std::string_view name) {
  compose::Environment made;
  for (const auto& member : value.at(name).as_object()) made[member.key()] = std::string(member.value().as_string());
  return made;
}

std::vector<std::string> list(const base::Json& value, std::string_view name) {
  std::vector<std::string> made;
  for (const base::Json& item : value.at(name).as_array()) made.emplace_back(item.as_string());
  return made;
}

base::Json answer(const base::Json& request) {
  compose::Sources sources;
  sources.working_dir = base::string_at(request, "working_dir");
  sources.home = base::string_at(request, "home");
  sources.project = base::string_at(request, "project");
  sources.compose_files = list(request, "compose_files");
  sources.profiles = list(request, "profiles");
  sources.files = texts(request, "files");
  sources.env = texts(request, "env");
  try {
    return base::JsonObject{{"model", compose::load_model(sources).json}};
  } catch (const base::Status& status) {
    return base::JsonObject{{"error", status.message()}};
  }
}

}  // namespace
}  // namespace berth

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << berth::base::to_canonical(berth::answer(berth::base::parse_json(line, {.max_bytes = 64 << 20})))
              << std::endl;
  }
}
