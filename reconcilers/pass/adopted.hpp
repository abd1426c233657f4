// SPDX-License-Identifier: Apache-2.0
#pragma once
// Containers that somebody else has made: what an object is to take over, and who has taken over what.
#include <map>
#include <string>

#include "docker/engines.hpp"
#include "reconcilers/pass/names.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

// Of a Container: the id of an engine's container, or its first 12 digits or more. Of a stack: "project".
inline constexpr const char* kAdoptAnnotation = "berth.dev/adopt";

// The one container that the token names, else null.
const docker::ContainerView* find_adoptee(const docker::Snapshot& snapshot, const std::string& token);

// Who has adopted what on a host: engine ids and the Containers.
std::map<std::string, OwnerName> adopted_on(const resources::Resources& resources, const std::string& host);

}  // namespace berth::reconcilers
