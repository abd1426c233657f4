// SPDX-License-Identifier: Apache-2.0
#pragma once
// spec.onUnhealthy: what is done about a container whose healthcheck fails. Each repair is on record before it is done,
// later and later, and after the fifth no more. Private to the planner.
#include "reconcilers/plan/plan_draft.hpp"

namespace berth::reconcilers {

// Adds what is to be done about `current`, which runs.
void repair(PlanDraft& draft, const Observed& current);
// What is said of `current`, which is unhealthy.
void say_unhealthy(PlanDraft& draft);
// Forgets the repairs of before once it has been well for long enough.
void settle_repairs(PlanDraft& draft, const Observed& current);
// The container that onUnhealthy: Recreate has given up, "" for none.
std::string given_up(const PlanInput& input);

}  // namespace berth::reconcilers
