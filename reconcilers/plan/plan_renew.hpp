// SPDX-License-Identifier: Apache-2.0
#pragma once
// A container that is nothing to go back to is made again, and its anonymous volumes go to the new one. Private to the
// planner.
#include "reconcilers/plan/plan_draft.hpp"

namespace berth::reconcilers {

// Makes the next one beside `old`, which holds the volumes meanwhile, then takes old away. Whether next comes up is
// seen when it is the only one.
void renew(PlanDraft& draft, const Observed& old, const Observed* next);
// The creates of the plan take over the anonymous volumes of `old`.
void hand_down_volumes(PlanDraft& draft, const Observed& old);

}  // namespace berth::reconcilers
