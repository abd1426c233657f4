// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fields that a configuration sets and another manager has set otherwise.
#include <vector>

#include "base/status.hpp"
#include "resources/apply/managed_fields.hpp"

namespace berth::resources {

struct ApplyConflict {
  ManagerIdentity who;
  FieldSet fields;
};

// Conflict in upstream's words, with a cause for each field.
base::Status conflict_error(std::vector<ApplyConflict> conflicts);

}  // namespace berth::resources
