// SPDX-License-Identifier: Apache-2.0
// Images: a tag is resolved once per reference and redeploy token and pinned by id; the pin is on record before
// anything is made from it.
#include <algorithm>

#include "reconcilers/plan/container_compare.hpp"
#include "reconcilers/plan/plan_draft.hpp"

namespace berth::reconcilers {
namespace {

// The id to make a container from, or "" when it must be pulled first.
std::string image_at_hand(const PlanDraft& draft) {
  const ImageView& image = draft.in.image;
  for (const Action& action : draft.plan.actions) {
    if (action.type == ActionType::Pin) return action.subject;
  }
  if (draft.spec.image_pull_policy == "Always") return draft.in.memory.pulled ? image.here : "";
  return image.pinned_here ? image.pinned : image.here;
}

std::string missing_networks(const PlanDraft& draft) {
  std::string names;
  for (const std::string& name : wanted_networks(draft.spec)) {
    if (!draft.in.networks.contains(name)) names += (names.empty() ? "\"" : ", \"") + name + "\"";
  }
  return names;
}

}  // namespace

std::string settle_image(PlanDraft& draft) {
  const ImageView& image = draft.in.image;
  draft.plan.image = image.pinned.empty() ? Verdict{Truth::Unknown, "Pending", ""}
                                          : Verdict{Truth::True, "Resolved", draft.spec.image + " is " + image.pinned};
  if (!draft.redeploy_pending()) return image.pinned;
  if (draft.spec.image_pull_policy != "Never" && !draft.in.memory.pulled) {
    draft.add(ActionType::Pull, draft.in.engine_name, draft.spec.image).why = "redeploy";
    return image.pinned;
  }
  if (image.here.empty()) return image.pinned;
  draft.add(ActionType::Pin, draft.in.engine_name, image.here).why = "redeploy";
  return image.here;
}

Made create(PlanDraft& draft, const std::string& name, ReplaceStep step) {
  const std::string& holder = name == draft.in.engine_name ? draft.in.name_holder : draft.in.next_holder;
  if (!holder.empty()) {
    draft.conflict(name, holder);
    return Made::Waiting;
  }
  const bool coming = !draft.in.coming.empty();
  if (const std::string missing = coming ? "" : missing_networks(draft); !missing.empty()) {
    const std::string message = "spec.networks: host " + draft.spec.host + " has no network " + missing;
    draft.plan.references = {Truth::False, "NetworkNotFound", message};
    draft.say(Truth::False, "NetworkNotFound", message);
    return Made::Waiting;
  }
  const std::string image = image_at_hand(draft);
  if (image.empty() && draft.spec.image_pull_policy == "Never") {
    const std::string for_platform = draft.spec.platform ? " for " + *draft.spec.platform : "";
    const std::string message = "image " + draft.spec.image + for_platform + " is not on host " + draft.spec.host +
                                ", and imagePullPolicy is Never";
    draft.plan.image = {Truth::False, "ErrImageNeverPull", message};
    draft.say(Truth::False, "ErrImageNeverPull", message);
    draft.plan.stalled = "ErrImageNeverPull";
    return Made::Waiting;
  }
  const auto pins = [](const Action& action) { return action.type == ActionType::Pin; };
  const auto pulls = [](const Action& action) { return action.type == ActionType::Pull; };
  if (image.empty()) {
    if (std::ranges::none_of(draft.plan.actions, pulls)) draft.add(ActionType::Pull, name, draft.spec.image);
  } else if (image != draft.in.image.pinned && std::ranges::none_of(draft.plan.actions, pins)) {
    draft.add(ActionType::Pin, name, image);
  }
  // People and tools read the reference in `docker ps`; the id is for where the reference has moved on.
  const bool by_reference = image.empty() || draft.in.image.here == image;
  Action& action = draft.add(ActionType::Create, name, by_reference ? draft.spec.image : image);
  action.step = step;
  const bool named_later = step == ReplaceStep::CreateNext && draft.starts_first();
  if (named_later) action.aliases = Action::Aliases::None;
  return Made::Planned;
}

}  // namespace berth::reconcilers
