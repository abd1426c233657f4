// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which of the object's containers is which. Labels, image and name decide; nothing is remembered.
#include <vector>

#include "reconcilers/plan/container_plan.hpp"

namespace berth::reconcilers {

struct Roles {
  const Observed* current = nullptr;   // as declared in what only a create can set, and alone
  const Observed* next = nullptr;      // as declared, beside old
  const Observed* old = nullptr;       // to be replaced, and what a rollback goes back to
  bool spent = false;                  // old is nothing to go back to: only its volumes are of use
  std::vector<const Observed*> stale;  // leftovers and doubles
};

// `image` is the id that the container must have, "" when any will do.
Roles sort_roles(const PlanInput& input, const std::string& image);

}  // namespace berth::reconcilers
