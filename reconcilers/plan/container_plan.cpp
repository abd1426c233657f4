// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/container_plan.hpp"

#include <algorithm>

#include "reconcilers/plan/plan_draft.hpp"
#include "reconcilers/plan/plan_gate.hpp"
#include "reconcilers/plan/plan_renew.hpp"

namespace berth::reconcilers {
namespace {

using namespace std::chrono_literals;

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

// Something that the spec refers to is missing: nothing is made or started from half a spec, and what stands,
// stands; only a wish to stop is still heard, and it is in nobody's way.
void wait_for_references(PlanDraft& draft) {
  std::vector<std::string> all = draft.in.coming;
  all.insert(all.end(), draft.in.missing.begin(), draft.in.missing.end());
  const std::string message = joined(all);
  if (draft.in.owned.size() == 1) settle_name(draft, draft.in.owned.front());
  for (const Observed& seen : draft.in.owned) {
    if (!draft.wants_running()) draft.retire(seen, ReplaceStep::None, ReplaceStep::None, "desiredState is Stopped");
  }
  draft.plan.phase = "Pending";
  if (!draft.in.owned.empty()) {
    draft.plan.subject_id = draft.in.owned.front().id;
    if (draft.in.owned.front().alive()) draft.plan.phase = "Running";
  }
  draft.plan.references = {Truth::False, "NotFound", message};
  draft.say(Truth::False, "ReferencesMissing", message);
}

// Engines look for a container's network at its start, so a first one can be made while its network is. One that is on
// several networks is not: below 1.44 the others are joined right after the create.
bool goes_ahead(const PlanDraft& draft) {
  const auto& networks = draft.spec.networks;
  const bool plain = networks.size() == 1 && !networks.front().ipv4_address && !networks.front().ipv6_address;
  return plain && draft.in.owned.empty() && !draft.in.adoption && draft.wants_running() && !draft.end_on_record();
}

// What an ended one-shot leaves on record when its container is gone.
void say_on_record(PlanDraft& draft) {
  const std::int64_t code = draft.status.exit_code.value_or(0);
  draft.plan.ended = true;
  draft.plan.phase = code == 0 ? "Succeeded" : "Failed";
  if (code == 0) {
    draft.say(Truth::True, "Completed", "");
  } else {
    draft.stall("Failed", "exited with code " + std::to_string(code));
  }
}

void create_first(PlanDraft& draft) {
  draft.plan.phase = "Pending";
  draft.say(Truth::False, "Creating", "the container is made");
  if (create(draft, draft.in.engine_name, ReplaceStep::None) == Made::Waiting) return;
  if (!draft.wants_running()) return;
  draft.start_made(draft.in.engine_name, ReplaceStep::None);
  if (draft.spec.desired_state == "Paused") draft.add(ActionType::Pause, draft.in.engine_name);
}

// Taken over as it is, or left alone and nothing made in its place.
void plan_adoption(PlanDraft& draft) {
  const AdoptionView& adoption = *draft.in.adoption;
  draft.plan.phase = "Pending";
  if (!adoption.problem.empty()) return draft.stall("AdoptionRefused", adoption.problem);
  // Whose network it is in is compared as well, and not known before.
  const auto lends = std::ranges::find(draft.in.dependencies, true, &Dependency::network);
  if (lends != draft.in.dependencies.end() && !lends->met) return say_waiting(draft);
  draft.add(ActionType::Adopt, adoption.name).id = adoption.id;
  draft.say(Truth::False, "Adopting", "container " + adoption.name + " is compared with the spec");
}

// A container that stands while status has no pin (a rebuilt server, a new object of the same name) is taken over
// with the image that it has.
void pin_what_stands(PlanDraft& draft, const Observed& current) {
  if (draft.in.image.pinned.empty()) draft.add(ActionType::Pin, current, current.image);
}

// A wish to restart what runs is heard whatever else cannot go on; while a new one is watched, that is waited for.
void heed_restart(PlanDraft& draft) {
  const auto subject = std::ranges::find(draft.in.owned, draft.plan.subject_id, &Observed::id);
  if (subject == draft.in.owned.end()) return;
  const bool rests = draft.plan.actions.empty() && !draft.plan.look_again;
  if (rests && subject->alive() && draft.wants_running() && draft.restart_pending(*subject)) {
    draft.add(ActionType::Restart, *subject).why = kRestartAnnotation;
  }
  draft.plan.restarted = subject->started() && !draft.restart_pending(*subject);
}

}  // namespace

Plan plan_container(const PlanInput& input) {
  PlanDraft draft(input);
  draft.plan.references = {Truth::True, "Resolved", ""};
  const std::string image = settle_image(draft);
  if (!input.missing.empty() || (!input.coming.empty() && !goes_ahead(draft))) {
    draft.plan.actions.clear();
    wait_for_references(draft);
    heed_restart(draft);
    return std::move(draft.plan);
  }
  if (input.adoption) {
    draft.plan.actions.clear();
    plan_adoption(draft);
    return std::move(draft.plan);
  }
  const Roles roles = sort_roles(input, image);
  for (const Observed* seen : roles.stale) {
    if (seen->state == "removing") {
      draft.plan.look_again = 1s;
    } else {
      draft.remove(*seen, ReplaceStep::None, ReplaceStep::None, "leftover");
    }
  }
  if (roles.current) {
    pin_what_stands(draft, *roles.current);
    converge(draft, *roles.current);
  } else if (roles.old && roles.spent) {
    renew(draft, *roles.old, roles.next);
  } else if (roles.old) {
    replace(draft, *roles.old, roles.next, image);
  } else if (draft.end_on_record()) {
    say_on_record(draft);
  } else {
    create_first(draft);
  }
  if (roles.old) hand_down_volumes(draft, *roles.old);
  hold_start(draft);
  heed_restart(draft);
  note_followed(draft);
  const bool nothing_else = draft.plan.ready.reason != "NameConflict";
  if (!input.name_holder.empty() && nothing_else && draft.plan.actions.empty())
    draft.conflict(input.engine_name, input.name_holder);
  return std::move(draft.plan);
}

Plan plan_deletion(const PlanInput& input) {
  PlanDraft draft(input);
  draft.plan.references = {Truth::True, "Resolved", ""};
  draft.plan.image = {Truth::Unknown, "Terminating", ""};
  draft.plan.phase = "Terminating";
  draft.say(Truth::False, "Terminating", "the container is removed");
  draft.plan.release = input.owned.empty() || draft.spec.deletion_policy == "Orphan";
  if (draft.plan.release) return std::move(draft.plan);
  draft.plan.subject_id = input.owned.front().id;
  for (const Observed& seen : input.owned) {
    if (seen.state == "removing") {
      draft.plan.look_again = 1s;
    } else {
      draft.remove(seen, ReplaceStep::None, ReplaceStep::None, "deleted");
    }
  }
  return std::move(draft.plan);
}

}  // namespace berth::reconcilers
