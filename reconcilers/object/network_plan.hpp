// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what a Network declares and what the engine has to what is done next: a pure function.
#include <string>
#include <vector>

#include "reconcilers/object/object_plan.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

struct NetworkInput {
  const schemas::Network* network = nullptr;
  std::string instance;  // for the labels
  Holder holder;
  const base::Json* seen = nullptr;  // as the engine lists it, unless it is absent
  std::vector<std::string> users;    // names of the containers on it, running or not, sorted
};

ObjectPlan plan_network(const NetworkInput& input);
// For an object that is being deleted.
ObjectPlan plan_network_deletion(const NetworkInput& input);

// "h1:...", over what is set at create, which is everything. Frozen: what equals its default at the release of h1 is
// left out, later fields count only when set.
std::string network_hash(const schemas::NetworkSpec& spec);

}  // namespace berth::reconcilers
