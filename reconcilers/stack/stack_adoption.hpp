// SPDX-License-Identifier: Apache-2.0
#pragma once
// Containers of a stack's project that somebody else has made, docker compose mostly: which of them the stack takes
// over, and what is said of the others. By what was last seen: no engine is called.
#include <map>
#include <string>
#include <vector>

#include "docker/engines.hpp"
#include "reconcilers/stack/stack_children.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

// The stack has the annotation "berth.dev/adopt" with the value "project".
bool asks_to_adopt(const schemas::ComposeStack& stack);
// What an object was told by that annotation, "" for nothing. Of a Container it is an engine id.
std::string adopt_of(const base::Json& object);

// The id of the container that is the child's by compose's labels (project, service, number), whatever its name:
// version 1 of docker compose joins the parts by underscores. "" when there is none, or the stack does not ask for it.
// One-off containers and those of a berthd are none.
std::string adoptee_of(const schemas::ComposeStack& stack, const StackChild& child, const docker::Snapshot* snapshot);

// What a child shall be told to take over. `told` is what it was told before; once it has a container that stays said.
// What is gone is not waited for.
struct ToldChild {
  std::string token;
  bool has_container = false;
};
std::string token_for(const schemas::ComposeStack& stack, const StackChild& child, const docker::Snapshot* snapshot,
                      const ToldChild& told);

// For a plan: the child with the annotation that it would have. `live` is its object, null for none.
void tell_adoptee(const schemas::ComposeStack& stack, const docker::Snapshot* snapshot, const base::Json* live,
                  StackChild& child);
// What a Container does about the one that it is told to take over, once the rest of its stack is there; "" for
// nothing.
std::string adoption_step(const docker::Snapshot* snapshot, const base::Json& candidate);

// Containers of the project that no child has made or taken over, as warnings. Of `children`: their names, and what
// each has taken over.
std::vector<std::string> strangers_in(const resources::Resources& resources, const docker::Snapshot& snapshot,
                                      const schemas::ComposeStack& stack,
                                      const std::map<ChildName, std::string>& children);

// What somebody who declares the stack without asking for adoption is to know of them; "" when there are none.
std::string adoption_advice(const resources::Resources& resources, const docker::Snapshot& snapshot,
                            const schemas::ComposeStack& stack);

}  // namespace berth::reconcilers
