// SPDX-License-Identifier: Apache-2.0
#pragma once
// What makes a role or a binding one, beyond its schema. Upstream's rules and words.
#include <vector>

#include "base/json.hpp"
#include "base/status.hpp"
#include "schemas/catalog.hpp"

namespace berth::resources {

// Fills in API groups that follow from the kinds. Nothing for other kinds.
void complete_rbac(const schemas::Kind& kind, base::Json& object);
// Causes besides those of the schema. `before` is the stored object of an update, else nullptr.
std::vector<base::Cause> check_rbac(const schemas::Kind& kind, const base::Json& object, const base::Json* before);

}  // namespace berth::resources
