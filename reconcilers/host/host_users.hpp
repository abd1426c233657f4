// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a Host that is being deleted waits for.
#include <optional>
#include <string>

#include "reconcilers/pass/verdict.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

// The condition InUse while objects stand that are to be removed from the Host's engine: those with a deletionPolicy
// other than Orphan. Nothing when there is none. A few are named.
std::optional<Verdict> host_in_use(const resources::Resources& resources, const std::string& host);

}  // namespace berth::reconcilers
