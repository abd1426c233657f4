// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a Container would want of its host and somebody else has: a published port, a name. Said of a plan as warnings,
// by what is declared and what was last seen: no engine is called.
#include <set>
#include <string>
#include <vector>

#include "compose/problems.hpp"
#include "docker/engines.hpp"
#include "reconcilers/pass/names.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

// `wanted` are Containers of one host as they would be. What the objects of `gone`, "namespace/name", hold is no clash:
// the plan is about them. `snapshot` may be null. By Container.
compose::Problems find_clashes(const resources::Resources& resources, const docker::Snapshot* snapshot,
                               const std::vector<base::Json>& wanted, const std::set<std::string>& gone);

}  // namespace berth::reconcilers
