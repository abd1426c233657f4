// SPDX-License-Identifier: Apache-2.0
#pragma once
// How one create is said to an engine of a given version: fields at the place where it reads them, and the networks
// that must be connected afterwards because it takes only one at create.
#include <string>
#include <utility>
#include <vector>

#include "docker/client.hpp"

namespace berth::docker {

struct CreatePlan {
  Json body;
  std::vector<std::pair<std::string, Json>> connect_after;  // network and its endpoint settings
};

// Throws Invalid as check_create does.
CreatePlan plan_create(Json body, ApiVersion version);

}  // namespace berth::docker
