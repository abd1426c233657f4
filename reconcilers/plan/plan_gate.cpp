// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/plan_gate.hpp"

#include <algorithm>

namespace berth::reconcilers {
namespace {

bool all_met(const PlanDraft& draft) {
  return std::ranges::all_of(draft.in.dependencies, [](const Dependency& each) { return each.met; });
}

// What a create says of a namespace is for good, so whose it is must be known by then.
bool lacks_namespace(const PlanDraft& draft) {
  return std::ranges::any_of(draft.in.shared, [](const SharedNamespace& one) { return one.holder.empty(); });
}

bool is_gated(const Action& action) { return action.type == ActionType::Start && action.step != ReplaceStep::StartOld; }

// Files are written once, right before the start; an old container is not taken down for one that cannot start yet.
bool leads_to_start(const Action& action) {
  return is_gated(action) || action.type == ActionType::PutFiles || action.step == ReplaceStep::PolicyOld ||
         action.step == ReplaceStep::StopOld;
}

}  // namespace

void say_waiting(PlanDraft& draft) {
  const auto& all = draft.in.dependencies;
  const bool hopeless = std::ranges::any_of(all, [](const Dependency& each) { return !each.met && each.hopeless; });
  if (!draft.in.circle.empty()) {
    draft.stall("DependencyCircle", "these wait for each other: " + draft.in.circle);
  } else if (hopeless) {
    draft.stall("DependencyFailed", waiting_text(all));
  } else {
    draft.say(Truth::False, "WaitingForDependencies", waiting_text(all));
  }
  const auto subject = std::ranges::find(draft.in.owned, draft.plan.subject_id, &Observed::id);
  draft.plan.phase = subject != draft.in.owned.end() && subject->alive() ? phase_of(*subject) : "Pending";
}

void hold_start(PlanDraft& draft) {
  if (!draft.in.coming.empty()) {
    draft.plan.references = {Truth::False, "NotFound", draft.in.coming.front()};
    draft.plan.actions.erase(std::ranges::find_if(draft.plan.actions, leads_to_start), draft.plan.actions.end());
  }
  for (const Dependency& each : draft.in.dependencies) {
    if (each.absent) draft.plan.references = {Truth::False, "NotFound", each.field + ": " + each.why};
  }
  std::vector<Action>& actions = draft.plan.actions;
  const auto creates = [](const Action& action) { return action.type == ActionType::Create; };
  if (lacks_namespace(draft) && std::ranges::any_of(actions, creates)) {
    actions.erase(std::ranges::find_if(actions, creates), actions.end());
  } else if (all_met(draft) || std::ranges::none_of(actions, is_gated)) {
    return;
  } else {
    actions.erase(std::ranges::find_if(actions, leads_to_start), actions.end());
  }
  if (actions.empty()) say_waiting(draft);
}

std::string followed(const PlanDraft& draft, const Observed& current) {
  if (draft.in.memory.restarted || !all_met(draft)) return "";
  for (const SharedNamespace& one : draft.in.shared) {
    const bool left = one.started_at && current.started_at && *current.started_at < *one.started_at;
    if (left) return one.name + ", whose namespace it shares, was started again";
  }
  for (const Dependency& each : draft.in.dependencies) {
    // Started after it: that was it, though status may not say so, because berthd died in between.
    const bool after = each.started_at && current.started_at && *current.started_at > *each.started_at;
    if (each.restarts && each.changed && !after) return each.name + " was replaced or restarted";
  }
  return "";
}

void note_followed(PlanDraft& draft) {
  const auto& before = draft.status.dependencies;
  for (const Dependency& each : draft.in.dependencies) {
    if (!each.restarts) continue;
    const auto known = std::ranges::find(before, each.name, &schemas::ContainerDependencyStatus::name);
    if (each.met && draft.plan.actions.empty()) {
      schemas::ContainerDependencyStatus now;
      now.name = each.name;
      now.container_id = each.container_id;
      if (!each.restarted_at.empty()) now.restarted_at = each.restarted_at;
      draft.plan.dependencies.push_back(std::move(now));
    } else if (known != before.end()) {
      draft.plan.dependencies.push_back(*known);
    }
  }
}

}  // namespace berth::reconcilers
