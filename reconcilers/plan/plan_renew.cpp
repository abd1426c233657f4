// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/plan_renew.hpp"

#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {

using namespace std::chrono_literals;

void renew(PlanDraft& draft, const Observed& old, const Observed* next) {
  draft.plan.phase = "Updating";
  draft.plan.subject_id = old.id;
  draft.say(Truth::False, "Updating", "the container is made again");
  if (old.state == "removing") {
    draft.plan.look_again = 1s;
    return;
  }
  const std::string name = next_name(draft.in.engine_name, draft.in.spec_hash);
  if (!next && create(draft, name, ReplaceStep::None) == Made::Waiting) return;
  draft.remove(old, ReplaceStep::StopOld, ReplaceStep::RemoveOld, "made again");
  if (next) {
    draft.add(ActionType::Rename, *next, draft.in.engine_name).step = ReplaceStep::RenameNext;
    if (draft.wants_running()) draft.start(*next, ReplaceStep::None);
  } else {
    draft.add(ActionType::Rename, name, draft.in.engine_name).step = ReplaceStep::RenameNext;
    if (draft.wants_running()) draft.start_made(draft.in.engine_name, ReplaceStep::None);
  }
}

void hand_down_volumes(PlanDraft& draft, const Observed& old) {
  for (Action& action : draft.plan.actions) {
    if (action.type == ActionType::Create) action.volumes = beside_mounts(draft.spec, old.volumes);
  }
}

}  // namespace berth::reconcilers
