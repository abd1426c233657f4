// SPDX-License-Identifier: Apache-2.0
#pragma once
// The files of a stack as one, in long forms. In compose's order: each file is parsed, its variables are filled in,
// `include` and `extends` are followed, it is merged over the files before it and checked; then defaults and paths.
#include <map>
#include <string>
#include <vector>

#include "compose/problems.hpp"
#include "compose/shape.hpp"
#include "compose/sources.hpp"
#include "compose/template.hpp"

namespace berth::compose {

// In a config or secret with `environment`, under this key: the variable's value, if it is set.
inline constexpr std::string_view kContentOfVariable = "x-#content";

class Loader {
 public:
  Loader(const Sources& sources, Problems& warnings) : sources_(sources), warnings_(warnings) {}

  // Throws Invalid with paths, BadRequest for YAML that is malformed or over a limit.
  Json load(const Environment& env);

 private:
  // Where a group of files stands: the project itself, or something it includes.
  struct Place {
    std::string folder;     // what paths in it start at: absolute, or relative to the place that includes it
    std::string directory;  // the same, absolute: where include and extends look
    const Environment* env;
    std::vector<std::string> including;  // absolute paths of the files on the way here
    std::size_t group = 0;               // its number
  };
  struct Extended {
    std::string file;
    std::string service;
    bool operator==(const Extended&) const = default;
  };

  Json load_group(const std::vector<std::string>& files, const Place& place);
  void add_file(Json& model, const std::string& file, Place place);
  void add_document(Json& model, Json document, const std::string& file, Place& place);
  void merge_over(Json& model, Json& document);
  // What is said without a file is of the first one; of another the message says which.
  bool is_first(const std::string& file) const;
  std::vector<Json> parse(const std::string& file, const Environment& env);

  void follow_includes(Json& document, const Place& place);
  Json load_include(const JsonObject& include, const Place& place, const std::string& path);
  Environment include_environment(const JsonObject& include, const Place& place, const std::string& project_directory,
                                  const std::string& path);

  void follow_extends(Json& document, const std::string& file, const Place& place);
  // The service as it is with what it extends, tags kept; `services` are those beside it.
  Json extended(const std::string& name, Json& services, const std::string& file, const Place& place,
                std::vector<Extended> chain);
  const Json& base_services(const std::string& file, const Place& place);
  Json load_base_services(const std::string& file, const Place& place);

  const std::string& require_file(const std::string& file, const std::string& path) const;

  const Sources& sources_;
  Problems& warnings_;
  std::size_t loaded_bytes_ = 0;  // of files, each time that one is read
  std::size_t loaded_files_ = 0;
  std::size_t groups_ = 0;
  std::map<std::pair<std::size_t, std::string>, Json> bases_;  // services of files that are extended, by group
};

// Variables by their name out of an environment, no warnings.
Lookup lookup_in(const Environment& env);

}  // namespace berth::compose
