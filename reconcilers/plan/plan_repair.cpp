// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/plan_repair.hpp"

#include <algorithm>

namespace berth::reconcilers {
namespace {

using namespace std::chrono_literals;
using schemas::ContainerRepairs;

constexpr std::int64_t kBudget = 5;
constexpr auto kFirstDelay = 10s;  // between the first repair and the second; doubles
constexpr auto kWellAfter = 10min;

// Those of this spec; another one begins anew.
const ContainerRepairs* record_of(const PlanInput& input) {
  const auto& repairs = input.container->status.repairs;
  return repairs && repairs->spec_hash == input.spec_hash ? &*repairs : nullptr;
}

bool is_repaired(const ContainerRepairs& record, const Observed& current) {
  return record.container_id == current.id && record.started_at == current.start_stamp;
}

// How long until `after` has passed since the last repair; nothing when it has. A clock that was set back counts as
// no time.
std::optional<std::chrono::milliseconds> left(const PlanDraft& draft, const ContainerRepairs& record,
                                              std::chrono::milliseconds after) {
  const base::WallTime last = base::parse_time(record.last_time).value_or(draft.in.now);
  const auto since = std::max(draft.in.now - last, base::WallTime::duration(0));
  if (since >= after) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(after - since);
}

}  // namespace

std::string given_up(const PlanInput& input) {
  const ContainerRepairs* record = record_of(input);
  return record && input.container->spec.on_unhealthy == "Recreate" ? record->container_id : "";
}

void repair(PlanDraft& draft, const Observed& current) {
  const bool wanted = draft.spec.on_unhealthy != "None" && draft.spec.desired_state == "Running";
  if (!wanted || current.health != "unhealthy" || draft.in.memory.restarted) return;
  const ContainerRepairs* record = record_of(draft.in);
  if (record && is_repaired(*record, current)) {
    // On record, and not done yet. One to be made again is no longer as declared, and does not come here.
    draft.add(ActionType::Restart, current).why = "unhealthy";
    return;
  }
  if (record && record->count >= kBudget) return;
  if (record) {
    const auto delay = std::chrono::milliseconds(kFirstDelay) * (std::int64_t{1} << (record->count - 1));
    draft.plan.look_again = left(draft, *record, delay);
    if (draft.plan.look_again) return;
  }
  draft.add(ActionType::Repair, current, draft.spec.on_unhealthy == "Restart" ? "restart" : "recreate");
}

void say_unhealthy(PlanDraft& draft) {
  const ContainerRepairs* record = record_of(draft.in);
  if (!record || draft.spec.on_unhealthy == "None")
    return draft.say(Truth::False, "Unhealthy", "its healthcheck fails");
  const std::string done = draft.spec.on_unhealthy == "Restart" ? "restarted " : "made again ";
  const std::string times = std::to_string(record->count) + " of " + std::to_string(kBudget) + " times";
  const std::string text = "its healthcheck fails; it was " + done + times + " for that";
  if (record->count < kBudget) return draft.say(Truth::False, "Unhealthy", text);
  draft.stall("RepairsExhausted",
              text + ", and is left alone until it is healthy, restarted on request, or another spec");
}

void settle_repairs(PlanDraft& draft, const Observed& current) {
  const ContainerRepairs* record = record_of(draft.in);
  const bool anew = !record || draft.spec.on_unhealthy == "None" || draft.restart_pending(current);
  draft.plan.forget_repairs = anew;
  if (anew || current.health != "healthy") return;
  const auto again = left(draft, *record, kWellAfter);
  draft.plan.forget_repairs = !again;
  if (again && draft.plan.actions.empty()) draft.plan.look_again = again;
}

}  // namespace berth::reconcilers
