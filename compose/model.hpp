// SPDX-License-Identifier: Apache-2.0
#pragma once
// The canonical model of a stack: what `docker compose config --format json` shows for it.
#include <set>

#include "compose/problems.hpp"
#include "compose/shape.hpp"
#include "compose/sources.hpp"

namespace berth::compose {

struct Model {
  Json json;                        // name, services, networks, volumes, configs, secrets, x-*
  JsonObject disabled;              // services that no active profile enables, or that are not asked for
  std::vector<std::string> models;  // names under `models`, which the model does not show
  Environment contents;             // "configs.a", "secrets.b": of those with `environment`, where it is set
  std::set<std::pair<std::string, std::string>> relative;  // binds whose source was relative: service and target
  Problems warnings;
};

// Throws Invalid with paths, BadRequest "file: line L, column C: ..." for malformed YAML. Pure.
Model load_model(const Sources& sources);

// The project's name by `name:` of the files, the last one; "" when none has one. Throws BadRequest.
std::string declared_project(const Sources& sources);

// What does not fit together: unknown names, cycles, clashes of mounts, limits set twice.
Problems check_consistency(const Model& model);

}  // namespace berth::compose
