// SPDX-License-Identifier: Apache-2.0
#pragma once
// The ClusterRoles and bindings that every Berth has. docs/security.md says what they are for.
#include <vector>

#include "base/json.hpp"

namespace berth::resources {

// Whole objects: ClusterRoles first, then ClusterRoleBindings.
const std::vector<base::Json>& default_roles();

}  // namespace berth::resources
