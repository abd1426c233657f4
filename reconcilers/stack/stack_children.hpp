// SPDX-License-Identifier: Apache-2.0
#pragma once
// The objects of a stack: those that it shall have, and those that there are. Pure.
#include <string>
#include <vector>

#include "base/json.hpp"
#include "compose/expand.hpp"
#include "schemas/catalog.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

struct ChildName {
  std::string kind;
  std::string name;
  auto operator<=>(const ChildName&) const = default;
};
std::string to_text(const ChildName& child);  // "Container shop-web-1"

// What is applied for it: type, name, labels, its owner, and what it shall be.
struct StackChild {
  ChildName name;
  base::Json configuration;
};

// What a stack comes to, read once for each version of it.
struct StackContent {
  std::vector<StackChild> children;  // in the order of their start
  compose::Problems warnings;
  compose::Problems errors;  // then there are no children
};
StackContent stack_content(const schemas::ComposeStack& stack, compose::Expansion expansion);

// Whose an object is.
enum class Standing {
  Ours,     // the stack is its controller
  Free,     // nobody's, and of the stack's project: it has been let go of, and is taken back
  Another,  // somebody else's
};
Standing standing_of(const schemas::ComposeStack& stack, const base::Json& object);
// "ComposeStack shop", "" for nobody.
std::string controller_of(const base::Json& object);

// Names of the Containers that a Container waits for.
std::vector<std::string> dependencies_of(const base::Json& container);

// Of a stack's objects that still are, those that may go now: Containers in the reverse order of their start, then the
// rest at once.
std::vector<const base::Json*> next_to_go(const std::vector<base::Json>& objects);

}  // namespace berth::reconcilers
