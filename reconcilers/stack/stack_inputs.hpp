// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a stack is read with, beside its own spec; and what there is of it.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/plan/given_objects.hpp"
#include "resources/resources.hpp"
#include "resources/stack_sources.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

struct StackInputs {
  resources::StackVariables variables;
  std::vector<std::string> missing;  // references, with their field
  std::string versions;              // tells any two readings apart; holds no value
};

StackInputs read_stack_inputs(const resources::Resources& resources, const resources::Caller& caller,
                              const schemas::ComposeStack& stack, GivenObjects given = {});

// What an engine does for a bind's path that is not there; nothing while the host has never been reached.
std::optional<compose::MissingPath> missing_path_on(const resources::Resources& resources, const std::string& host);

// What the stack is the controller of. `is_known` tells what need not be read.
std::vector<base::Json> owned_objects(
    const resources::Resources& resources, const schemas::ComposeStack& stack,
    const std::function<bool(const resources::Place&)>& is_known = [](const auto&) { return false; });

}  // namespace berth::reconcilers
