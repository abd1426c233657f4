// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/plan_roles.hpp"

#include <algorithm>

#include "reconcilers/plan/container_compare.hpp"
#include "reconcilers/plan/plan_repair.hpp"

namespace berth::reconcilers {
namespace {

// It cannot be what it was: the namespace that it was in has gone.
bool is_cut_off(const PlanInput& input, const Observed& seen) {
  const std::string& policy = input.container->spec.restart_policy;
  const bool ended = seen.state == "exited" && (policy == "Never" || policy == "OnFailure");
  return !ended && !shares_as_declared(input.shared, seen);
}

bool fits(const PlanInput& input, const Observed& seen, const std::string& image) {
  return seen.state != "dead" && seen.id != given_up(input) && !is_cut_off(input, seen) &&
         seen.spec_hash == input.spec_hash && (image.empty() || seen.image == image) &&
         surplus_limits(input.container->spec, seen).empty();
}

// The holder of the name first, then one that lives, then the order of names.
const Observed* pick(const PlanInput& input, const std::vector<const Observed*>& among) {
  const Observed* best = nullptr;
  const auto rank = [&input](const Observed& seen) { return 2 * (seen.name == input.engine_name) + seen.alive(); };
  for (const Observed* seen : among) {
    if (!best || rank(*seen) > rank(*best)) best = seen;
  }
  return best;
}

void add_others(std::vector<const Observed*>& to, const std::vector<const Observed*>& from, const Observed* but) {
  std::ranges::copy_if(from, std::back_inserter(to), [but](const Observed* seen) { return seen != but; });
}

}  // namespace

Roles sort_roles(const PlanInput& input, const std::string& image) {
  std::vector<const Observed*> fitting, others;
  for (const Observed& seen : input.owned) (fits(input, seen, image) ? fitting : others).push_back(&seen);
  Roles roles;
  const Observed* chosen = pick(input, fitting);
  add_others(roles.stale, fitting, chosen);
  if (chosen && chosen->name == input.engine_name) {
    roles.current = chosen;
    add_others(roles.stale, others, nullptr);
    return roles;
  }
  // One that never ran, or is dead, is nothing to go back to; but there may be data in it.
  std::vector<const Observed*> worthy, spent;
  for (const Observed* seen : others) {
    const bool whole = seen->started() && seen->state != "dead";
    const bool of_use = !is_cut_off(input, *seen) && seen->id != given_up(input);
    if (whole && of_use) {
      worthy.push_back(seen);
    } else {
      (whole || !seen->volumes.empty() ? spent : roles.stale).push_back(seen);
    }
  }
  roles.spent = worthy.empty();
  roles.old = pick(input, roles.spent ? spent : worthy);
  add_others(roles.stale, worthy, roles.old);
  add_others(roles.stale, spent, roles.old);
  (roles.old ? roles.next : roles.current) = chosen;
  return roles;
}

}  // namespace berth::reconcilers
