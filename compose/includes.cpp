// SPDX-License-Identifier: Apache-2.0
// `include` of compose/loader.hpp: other files, each with a folder and variables of its own.
#include <algorithm>

#include "base/status.hpp"
#include "compose/dotenv.hpp"
#include "compose/loader.hpp"
#include "compose/merge.hpp"
#include "compose/scalars.hpp"
#include "compose/tags.hpp"

namespace berth::compose {

namespace {

constexpr std::size_t kMaxDepth = 50;
constexpr const char* kSections[] = {"services", "jobs", "volumes", "networks", "secrets", "configs", "models"};

std::vector<std::string> texts_at(const JsonObject& include, std::string_view name, const std::string& path) {
  std::vector<std::string> texts;
  const Json* value = include.if_contains(name);
  if (value == nullptr || value->is_null()) return texts;
  if (value->is_string()) return {scalar_text(*value)};
  if (!value->is_array()) refuse(member_path(path, name), "must be a string or a list");
  for (const Json& item : value->get_array()) {
    if (!item.is_string()) refuse(member_path(path, name), "must be a string or a list of strings");
    texts.push_back(scalar_text(item));
  }
  return texts;
}

// What the including file says wins.
void import_section(const Json& source, Json& target, const char* section) {
  const Json* from = base::find_path(source, section);
  if (from == nullptr || !from->is_object()) return;
  Json& to = target.get_object()[section];
  if (to.is_null()) to = JsonObject{};
  if (!to.is_object()) refuse(section, "must be a map");
  const Shape& shape = compose_file().find(section)->shape.item.front();
  for (const auto& member : from->get_object()) {
    Json* own = to.get_object().if_contains(member.key());
    if (own == nullptr) {
      to.get_object()[member.key()] = member.value();
    } else if (!base::json_equal(*own, member.value())) {
      Json imported = member.value();
      erase_tagged(imported, *own);
      Json merged = merge(shape, std::move(imported), without_tags(*own), member_path(section, member.key()));
      copy_tags(merged, *own);
      *own = std::move(merged);
    }
  }
}

}  // namespace

void Loader::follow_includes(Json& document, const Place& place) {
  const Json* found = document.get_object().if_contains("include");
  if (found == nullptr) return;
  const Json includes = without_tags(*found);
  document.get_object().erase("include");
  if (includes.is_null()) return;
  if (!includes.is_array()) refuse("include", "must be a list");
  std::size_t index = 0;
  for (const Json& item : includes.get_array()) {
    const std::string path = item_path("include", index++);
    if (!item.is_string() && !item.is_object()) refuse(path, "must be a string or a map");
    const JsonObject include = item.is_string() ? JsonObject{{"path", item}} : item.get_object();
    const Json imported = load_include(include, place, path);
    for (const char* section : kSections) import_section(imported, document, section);
  }
}

Json Loader::load_include(const JsonObject& include, const Place& place, const std::string& path) {
  std::vector<std::string> files = texts_at(include, "path", path);
  for (std::string& file : files) file = is_absolute(file) ? clean_path(file) : join_path(place.directory, file);
  if (files.empty()) return JsonObject{};
  if (std::find(place.including.begin(), place.including.end(), files.front()) != place.including.end()) {
    std::string way;
    for (const std::string& file : place.including) way += file + " includes ";
    refuse(path, "a cycle: " + way + files.front());
  }
  if (place.including.size() > kMaxDepth) refuse(path, "includes nested deeper than 50");
  Place inner;
  const std::string given(base::string_at(Json(include), "project_directory"));
  if (given.empty()) {
    inner.directory = folder_of(files.front());
    inner.folder = relative_path(place.directory, inner.directory);
  } else if (is_absolute(given)) {
    inner.directory = inner.folder = given;
  } else {
    inner.directory = join_path(place.directory, given);
    inner.folder = relative_path(place.directory, inner.directory);
  }
  const Environment env = include_environment(include, place, inner.directory, path);
  inner.env = &env;
  inner.including = place.including;
  inner.group = ++groups_;
  return load_group(files, inner);
}

Environment Loader::include_environment(const JsonObject& include, const Place& place,
                                        const std::string& project_directory, const std::string& path) {
  std::vector<std::string> files = texts_at(include, "env_file", path);
  if (files.empty()) {
    const std::string own = join_path(project_directory, ".env");
    if (find_file(sources_, own) != nullptr) files.push_back(own);
  }
  Environment read;
  for (const std::string& file : files) {
    if (file == "/dev/null") continue;
    const std::string absolute = is_absolute(file) ? file : join_path(place.directory, file);
    try {
      read_env_file(require_file(absolute, member_path(path, "env_file")), lookup_in(*place.env), read);
    } catch (const base::Status& status) {
      throw status.with_prefix(absolute);
    }
  }
  Environment env = *place.env;
  env.merge(read);
  return env;
}

}  // namespace berth::compose
