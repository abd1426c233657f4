// SPDX-License-Identifier: Apache-2.0
#pragma once
// Manifests as users keep them: files, folders, standard input; YAML with many documents, or JSON; List kinds.
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace berth::cli {

struct Manifest {
  base::Json object;
  std::string source;  // "web.yaml:12", for messages
  std::string file = {};
  std::size_t line = 1;                          // where its document starts
  std::string item = {};                         // "items[0]" for one of a List
  std::shared_ptr<const std::string> text = {};  // of the whole file
};

enum class Folders { Flat, Recursive };

// `paths` may hold "-" for standard input. In a folder, files named *.yaml, *.yml and *.json count, by name.
// Throws BadRequest naming the file, line and column, or the path that does not exist.
std::vector<Manifest> read_manifests(const std::vector<std::string>& paths, Folders folders);

// The manifests of one text.
std::vector<Manifest> parse_manifests(std::string_view text, const std::string& source);

}  // namespace berth::cli
