// SPDX-License-Identifier: Apache-2.0
#pragma once
// A stack as the objects that it stands for. Pure: the same sources and target give the same objects.
#include <string>
#include <vector>

#include "base/json.hpp"
#include "compose/problems.hpp"
#include "compose/sources.hpp"

namespace berth::compose {

// What a bind's path does that is not there: compose makes it, an engine before API 1.42 cannot.
enum class MissingPath { Made, Refused };

struct Target {
  std::string stack;     // the ComposeStack's name
  std::string host;      // the Host of all children
  std::string host_dir;  // on the host, what relative binds start at; "": they are errors
  MissingPath missing_path = MissingPath::Made;
};

struct Expansion {
  std::string project;
  // ConfigMaps, Secrets, Networks, Volumes, then Containers in the order of their start, alphabetical among equals:
  // {"kind", "metadata": {"name", "labels"}, and "spec" or "data"}. Empty when there are errors.
  std::vector<base::Json> objects;
  Problems warnings;  // what is left out, by its path in the file
  Problems errors;    // what would mean something else if it were left out, and whatever is wrong
};

// Never throws a Status: what is wrong with the sources is in `errors`.
Expansion expand(const Sources& sources, const Target& target);

// The object's name for what the engine calls so: as it is, or lower case with '-' for what object names cannot hold,
// and then '-' with 8 digits of its hash.
std::string child_name(std::string_view engine_name);

}  // namespace berth::compose
