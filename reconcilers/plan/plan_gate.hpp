// SPDX-License-Identifier: Apache-2.0
#pragma once
// What other Containers have to do with a plan: a start waits for them, a restart follows them. Private to the planner.
#include "reconcilers/plan/plan_draft.hpp"

namespace berth::reconcilers {

// Takes the start away, and what only leads to it, while something that it waits for is not there, and says so. What
// runs goes on, also what is to be replaced; a rollback waits for nobody.
void hold_start(PlanDraft& draft);
// Says what is waited for, or that it is hopeless.
void say_waiting(PlanDraft& draft);
// Why `current` has to be restarted after another one: "db was replaced or restarted"; "" when it has not. The order of
// starts is by their engine's own clock.
std::string followed(const PlanDraft& draft, const Observed& current);
// What status is to remember of those that are followed.
void note_followed(PlanDraft& draft);

}  // namespace berth::reconcilers
