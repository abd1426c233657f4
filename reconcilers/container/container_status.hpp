// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what a pass found to the status that says so. Pure; nothing in it moves with time alone.
#include <optional>
#include <string>

#include "reconcilers/plan/container_plan.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

struct StatusInput {
  const schemas::Container* container = nullptr;  // with the status of before
  const Plan* plan = nullptr;
  const Observed* subject = nullptr;                          // the container that plan.subject_id names
  std::vector<schemas::ContainerReferenceStatus> references;  // what the plan was made from
  std::string image_here;  // what the image's tag is on the engine now, "" when unknown
  bool suspended = false;
  std::string refused;  // why the namespace does not allow it, "" when it does
  base::WallTime now;
};

schemas::ContainerStatus container_status(const StatusInput& input);

// While the host cannot be reached: everything stays as last seen, and says that it may be otherwise.
schemas::ContainerStatus unreachable_status(const schemas::Container& container, const Verdict& host,
                                            base::WallTime now);

}  // namespace berth::reconcilers
