// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a stack's file would change, told before anything is: a pure function of what there is and what would be. Each
// case is a file in tests/golden/stack/.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "reconcilers/pass/field_changes.hpp"
#include "reconcilers/stack/stack_children.hpp"

namespace berth::reconcilers {

struct ChildChange {
  ChildName child;
  enum class What { Create, Replace, Restart, Update, Remove } what = What::Create;
  std::vector<FieldChange> fields;   // of a Secret none: they would tell values
  std::vector<std::string> reasons;  // beside fields: "ConfigMap shop-a changes"
};
std::string_view to_string(ChildChange::What what);

// What a stack wants of all its containers.
struct StackWish {
  std::string desired_state = "Running";
  bool suspend = false;
};

struct StackPreviewInput {
  const StackContent* content = nullptr;
  StackWish wished;                      // as it is
  StackWish wish;                        // as it would be
  std::map<ChildName, base::Json> live;  // the stack's own objects as they are
  std::map<ChildName, base::Json> next;  // its children as they would be
  // Whether a container of the one spec has to be made anew for the other.
  std::function<bool(const base::Json& before, const base::Json& after)> needs_replace;
  std::vector<ChildName> changed_first;  // Secrets and ConfigMaps that change before it, and are not its own
  std::vector<std::string> refused;      // what would not be accepted, and why
};

struct StackPreview {
  std::vector<ChildChange> changes;      // in the order of the start; what goes is last
  std::vector<std::string> start_order;  // Containers that would be started, by name
  std::vector<std::string> steps;        // what the engine would be told now, first to last; of a stack: by child
  std::vector<std::string> refused;
  std::vector<std::string> created_first;  // "Secret db": applied with it, and not there yet
  std::vector<std::string> changed_first;  // likewise, but there with other content
  compose::Problems warnings;
};

StackPreview preview_stack(const StackPreviewInput& input);
// Stable: part of the golden files.
std::string to_text(const StackPreview& preview);
base::Json to_json(const StackPreview& preview);

}  // namespace berth::reconcilers
