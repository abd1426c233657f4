// SPDX-License-Identifier: Apache-2.0
#pragma once
// The verb operate: what a workload does, not what it is.
#include <optional>
#include <string_view>

#include "base/json.hpp"
#include "schemas/catalog.hpp"

namespace berth::resources {

// Whether the kind has anything to operate: spec.desiredState, spec.suspend, the annotations that act.
bool has_actions(std::string_view group, std::string_view plural);

// An update on its way to the store. The objects' own metadata.managedFields: `before` has them, `object` does not.
struct OperatedWrite {
  const base::Json& object;
  const base::Json& before;
  const std::optional<base::Json>& sent;          // metadata.managedFields of the request's body
  std::optional<std::string_view> after_apply{};  // what an apply made of them, as JSON, "" for none
};

// Why the write is more than operate reaches; "" when it is not. An update's own entry is the server's matter. The
// owners of fields are not: who takes a field or gives it up in another manager's name decides what the next apply
// takes away.
std::string_view beyond_operate(const schemas::Kind& kind, const OperatedWrite& write);

}  // namespace berth::resources
