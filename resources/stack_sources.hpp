// SPDX-License-Identifier: Apache-2.0
#pragma once
// A ComposeStack as compose/ reads it. Pure: what it refers to is given.
#include <string>
#include <vector>

#include "base/status.hpp"
#include "compose/expand.hpp"
#include "resources/request/request.hpp"

namespace berth::resources {

// Values of spec.env that come from elsewhere.
struct StackVariables {
  compose::Environment plain;   // from ConfigMaps
  compose::Environment secret;  // from Secrets: they never run through the model
};

compose::Sources stack_sources(const Json& stack, StackVariables variables);
// Of a stack that has passed its schema.
compose::Expansion expand_stack(const Json& stack, StackVariables variables, compose::MissingPath missing_path);

// What compose calls it: spec.project, else as the files name it, else after namespace and name, as the engine's names
// are. Throws BadRequest for a .env that cannot be read.
std::string project_of(const Json& stack);

// The errors of an expansion as causes: at spec.compose, or at the file that has it.
std::vector<base::Cause> causes_in(const Json& stack, const compose::Problems& errors);

// "services.web.build: nothing is built here"
std::string to_text(const compose::Problem& problem);

}  // namespace berth::resources
