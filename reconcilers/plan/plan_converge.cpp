// SPDX-License-Identifier: Apache-2.0
// The one container that was made as declared: its name, limits, networks and state.
#include "reconcilers/pass/names.hpp"
#include "reconcilers/plan/container_compare.hpp"
#include "reconcilers/plan/plan_draft.hpp"
#include "reconcilers/plan/plan_gate.hpp"
#include "reconcilers/plan/plan_repair.hpp"

namespace berth::reconcilers {
namespace {

using namespace std::chrono_literals;

// How long a container that crashed must run again before it counts as running.
constexpr auto kSettleTime = 1s;

void converge_state(PlanDraft& draft, const Observed& current) {
  const bool alive = current.alive();
  if (!draft.wants_running()) {
    if (alive) draft.stop(current, ReplaceStep::None, "desiredState is Stopped");
    return;
  }
  if (!alive) {
    draft.start(current, ReplaceStep::None);
  } else if (draft.restart_pending(current)) {
    draft.add(ActionType::Restart, current).why = kRestartAnnotation;
  } else if (std::string why = followed(draft, current); !why.empty()) {
    draft.add(ActionType::Restart, current).why = std::move(why);
  } else if (draft.spec.desired_state == "Running" && current.state == "paused") {
    draft.add(ActionType::Unpause, current);
  } else {
    repair(draft, current);
  }
  const bool pausable = current.state == "running" || !alive;
  if (draft.spec.desired_state == "Paused" && pausable) draft.add(ActionType::Pause, current);
}

void say_running(PlanDraft& draft, const Observed& current) {
  if (current.state == "restarting") {
    draft.say(Truth::False, "CrashLoop", current.exit_text() + "; the engine starts it again");
  } else if (draft.last_reason() == "CrashLoop" && current.restart_count > 0 && current.age < kSettleTime) {
    // It runs again, for as long as it does: not Ready by turns. The engine has forgotten the code, the status has not.
    draft.plan.look_again = kSettleTime - current.age;
    draft.say(Truth::False, "CrashLoop", draft.last_message());
  } else if (current.health == "starting") {
    draft.say(Truth::False, "HealthStarting", "its healthcheck has not passed yet");
  } else if (current.health == "unhealthy") {
    say_unhealthy(draft);
  } else {
    draft.say(Truth::True, current.state == "paused" ? "Paused" : "Running", "");
  }
}

void say_ended(PlanDraft& draft, const Observed& current) {
  draft.plan.ended = true;
  draft.plan.phase = current.exit_code == 0 ? "Succeeded" : "Failed";
  if (current.exit_code == 0) {
    draft.say(Truth::True, "Completed", "");
  } else {
    draft.stall("Failed", current.exit_text());
  }
}

void say(PlanDraft& draft, const Observed& current) {
  draft.plan.phase = phase_of(current);
  if (!draft.wants_running() && current.alive()) {
    draft.say(Truth::False, "Stopping", "desiredState is Stopped");
  } else if (!draft.plan.actions.empty()) {
    draft.say(Truth::False, "Reconciling", to_text(draft.plan.actions.front()));
  } else if (draft.plan.references.status == Truth::False) {
    draft.say(Truth::False, draft.plan.references.reason, draft.plan.references.message);
  } else if (draft.wants_running()) {
    say_running(draft, current);
  } else {
    draft.plan.phase = "Stopped";
    draft.say(Truth::True, "Stopped", "");
  }
}

}  // namespace

std::string phase_of(const Observed& seen) {
  if (seen.state == "running") return "Running";
  if (seen.state == "paused") return "Paused";
  if (seen.state == "restarting") return "Restarting";
  if (seen.state == "exited") return "Stopped";
  return seen.state == "dead" ? "Failed" : "Pending";
}

// Two that have each other's names wait for nobody: each goes out of the other's way by itself.
void settle_name(PlanDraft& draft, const Observed& seen) {
  const std::string& name = draft.in.engine_name;
  if (seen.name == name) return;
  if (draft.in.name_holder.empty()) {
    Action& action = draft.add(ActionType::Rename, seen, name);
    if (seen.name == next_name(name, draft.in.spec_hash)) action.step = ReplaceStep::RenameNext;
    return;
  }
  const std::string aside = name + "__" + seen.id.substr(0, 8);
  if (seen.name != aside) draft.add(ActionType::Rename, seen, aside).why = "another has its name";
}

void settle_networks(PlanDraft& draft, const Observed& seen, const schemas::ContainerSpec& wanted, ReplaceStep step) {
  for (NetworkChange& change : network_changes(wanted, seen, draft.in.networks)) {
    if (change.type == NetworkChange::Type::Disconnect) {
      draft.add(ActionType::Disconnect, seen, change.network).step = step;
    } else if (draft.in.networks.contains(change.network)) {
      Action& action = draft.add(ActionType::Connect, seen, change.network);
      action.body = std::move(change.endpoint);
      action.step = step;
    } else {
      draft.plan.references = {Truth::False, "NetworkNotFound",
                               "spec.networks: host " + draft.spec.host + " has no network \"" + change.network + "\""};
    }
  }
}

void converge(PlanDraft& draft, const Observed& current) {
  draft.plan.subject_id = current.id;
  draft.plan.update_record = Plan::UpdateRecord::Clear;
  if (current.state == "removing") {
    draft.plan.phase = "Pending";
    draft.plan.look_again = 1s;
    draft.say(Truth::False, "Removing", "somebody removes the container; it is made again once it is gone");
    return;
  }
  settle_name(draft, current);
  if (draft.has_ended(current)) {
    say_ended(draft, current);
    return;
  }
  draft.plan.interrupted =
      draft.one_shot() && current.state == "exited" && current.started() && !draft.restart_pending(current);
  if (base::JsonObject update = update_for(draft.spec, current); !update.empty()) {
    draft.add(ActionType::Update, current).body = std::move(update);
  }
  settle_networks(draft, current, draft.spec, ReplaceStep::None);
  converge_state(draft, current);
  say(draft, current);
  if (draft.status.repairs) settle_repairs(draft, current);
}

}  // namespace berth::reconcilers
