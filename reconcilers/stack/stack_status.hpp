// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a stack says of itself, from its objects as they are: a pure function.
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "reconcilers/plan/container_plan.hpp"
#include "reconcilers/stack/stack_children.hpp"

namespace berth::reconcilers {

// A child that there is.
struct LiveChild {
  ChildName name;
  bool current = false;  // its status speaks of its newest generation
  bool ready = false;
  bool away = false;  // its host does not answer
  Verdict said;       // its Ready; of a kind that has none True
  bool stalled = false;
  bool unhealthy = false;
  std::vector<std::string> needs;         // names of Containers
  std::map<ChildName, std::string> read;  // of ConfigMaps and Secrets, hashes of the contents that its status speaks of
};
// `wanted` is the stack's desiredState: a child is ready when it does that.
LiveChild live_child(const base::Json& object, const std::string& wanted);
// Who is stuck because of another that has not been looked at as it is declared now may be so no longer.
void excuse_waiting(std::vector<LiveChild>& children);

struct StackView {
  const schemas::ComposeStack* stack = nullptr;
  const StackContent* content = nullptr;  // nullptr when it could not be read yet
  std::vector<LiveChild> children;        // those of `content` that there are
  std::vector<std::string> missing;       // references, with their field
  std::vector<std::string> conflicts;     // names that others have
  std::vector<std::string> refused;       // what Berth itself said no to
  std::vector<std::string> strangers;     // containers on the engine that bear the project's name
  Verdict host{Truth::True, "", ""};      // False, Unknown: why nothing can be done on it
  base::WallTime now;
};

schemas::ComposeStackStatus stack_status(const StackView& view);

}  // namespace berth::reconcilers
