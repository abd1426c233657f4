// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what a Volume declares and what the engine has to what is done next: a pure function. A volume that stands is
// never made anew, and one that vanished is not silently followed by an empty one, unless its deletionPolicy says
// that its data may go.
#include <string>
#include <vector>

#include "reconcilers/object/object_plan.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

struct VolumeInput {
  const schemas::Volume* volume = nullptr;  // with the status of before
  std::string instance;                     // for the labels
  Holder holder;
  const base::Json* seen = nullptr;  // as the engine lists it, unless it is absent
  std::vector<std::string> users;    // names of the containers that mount it, running or not, sorted
};

ObjectPlan plan_volume(const VolumeInput& input);
// For an object that is being deleted.
ObjectPlan plan_volume_deletion(const VolumeInput& input);

// As network_hash.
std::string volume_hash(const schemas::VolumeSpec& spec);

}  // namespace berth::reconcilers
