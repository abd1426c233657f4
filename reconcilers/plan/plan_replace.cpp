// SPDX-License-Identifier: Apache-2.0
// Replace. StopFirst: next is made, old is stopped, next is started and watched, old is removed, next takes the name.
// StartFirst: old serves while next is started and watched, and is stopped once next has the aliases. A failure on the
// way leads back to old.
#include "reconcilers/pass/names.hpp"
#include "reconcilers/plan/container_compare.hpp"
#include "reconcilers/plan/plan_draft.hpp"

namespace berth::reconcilers {
namespace {

using namespace std::chrono_literals;

// How long a container without a healthcheck must run before it counts as started.
constexpr auto kSettleTime = 1s;

void take_over(PlanDraft& draft, const Observed& old, const Observed& next) {
  draft.remove(old, ReplaceStep::StopOld, ReplaceStep::RemoveOld, "replaced");
  draft.add(ActionType::Rename, next, draft.in.engine_name).step = ReplaceStep::RenameNext;
}

// Next has proved itself. The engine answers for an alias with every container that has it, so next gets its own only
// now, and old goes when it has them.
void switch_over(PlanDraft& draft, const Observed& old, const Observed& next) {
  if (draft.starts_first()) {
    settle_networks(draft, next, draft.spec, ReplaceStep::NameNext);
    if (draft.plan.references.status == Truth::False) {
      draft.say(Truth::False, draft.plan.references.reason, draft.plan.references.message);
      draft.plan.actions.clear();
      return;
    }
    draft.retire(old, ReplaceStep::PolicyOld, ReplaceStep::StopOld, "replaced");
    if (old.alive()) return;
  }
  take_over(draft, old, next);
}

struct Gate {
  enum class State { Passed, Waiting, Failed } state = State::Waiting;
  std::string why;
  std::chrono::milliseconds again{0};
};

Gate watch(const PlanDraft& draft, const Observed& next) {
  if (draft.one_shot() && next.state == "exited") return {Gate::State::Passed, "", {}};
  if (next.state == "restarting") {
    return {Gate::State::Failed, "it crashes: " + next.exit_text(), {}};
  }
  // The engine forgets the code when it starts the container again.
  if (next.restart_count > 0) return {Gate::State::Failed, "it crashes: the engine had to restart it", {}};
  if (next.state == "exited" || next.state == "dead") {
    return {Gate::State::Failed, next.exit_text(), {}};
  }
  if (next.health.empty()) {
    if (next.age >= kSettleTime) return {Gate::State::Passed, "", {}};
    return {Gate::State::Waiting, "to run for a second", kSettleTime - next.age};
  }
  if (next.health == "healthy") return {Gate::State::Passed, "", {}};
  const std::chrono::milliseconds deadline = std::chrono::seconds(draft.spec.update.progress_deadline_seconds);
  if (next.age >= deadline) {
    return {Gate::State::Failed,
            "not healthy within " + std::to_string(deadline.count() / 1000) + " s: " + next.health,
            {}};
  }
  return {Gate::State::Waiting, "to be healthy", deadline - next.age};
}

std::optional<std::string> text_at(const base::Json& object, std::string_view path) {
  const std::string_view text = base::string_at(object, path);
  return text.empty() ? std::nullopt : std::optional(std::string(text));
}

// On the networks that `seen` is on, it has the addresses that it has: one that the engine does not give away, which
// may be why the update failed, would cost it the network.
schemas::ContainerSpec with_addresses_of(const Observed& seen, schemas::ContainerSpec spec) {
  const base::Json* found = base::find_path(*seen.inspect, "NetworkSettings.Networks");
  if (!found || !found->is_object()) return spec;
  for (schemas::ContainerNetwork& network : spec.networks) {
    const base::Json* endpoint = found->get_object().if_contains(network.name.value_or(""));
    if (!endpoint) continue;
    network.ipv4_address = text_at(*endpoint, "IPAMConfig.IPv4Address");
    network.ipv6_address = text_at(*endpoint, "IPAMConfig.IPv6Address");
  }
  return spec;
}

// It was made for a network that is not the engine's to connect and disconnect.
bool has_fixed_network(const Observed& seen) {
  const std::string_view mode = base::string_at(*seen.inspect, "HostConfig.NetworkMode");
  return mode == "host" || mode == "none" || mode.starts_with("container:");
}

// What is changed in place is as the spec says, also on the container of before. A limit that the spec does not name
// stays: only another container is without it.
void keep(PlanDraft& draft, const Observed& old) {
  base::JsonObject update = update_for(draft.spec, old);
  update.erase("RestartPolicy");
  if (!update.empty()) draft.add(ActionType::Update, old).body = std::move(update);
  if (!has_fixed_network(old)) settle_networks(draft, old, with_addresses_of(old, draft.spec), ReplaceStep::None);
}

// Until there is another one, the container of before is as declared but for what waits. One that has never run is
// nothing to fall back on.
void keep_up(PlanDraft& draft, const Observed& old) {
  if (!draft.wants_running() || draft.one_shot() || old.alive() || !old.started()) return;
  Action& action = draft.plan.meanwhile.emplace();
  action.type = ActionType::Start;
  action.id = old.id;
  action.container = old.name;
  action.why = "until the new one can be made";
}

void roll_back(PlanDraft& draft, const Observed& old, const Observed* next) {
  if (next) draft.remove(*next, ReplaceStep::StopNext, ReplaceStep::RemoveNext, "the update failed");
  // A one-shot that has ended is not run again for a rollback.
  const bool rest = draft.one_shot() && old.state == "exited" && !draft.restart_pending(old);
  if (!rest) {
    base::JsonObject update = update_for(draft.spec, old);
    if (update.contains("RestartPolicy")) {
      Action& action = draft.add(ActionType::Update, old);
      action.body = base::JsonObject{{"RestartPolicy", update.at("RestartPolicy")}};
      action.step = ReplaceStep::RestorePolicyOld;
    }
    if (!draft.wants_running() && old.alive()) draft.stop(old, ReplaceStep::None, "desiredState is Stopped");
    if (draft.wants_running() && !old.alive()) draft.start(old, ReplaceStep::StartOld);
  }
  draft.plan.rolls_back = !draft.plan.actions.empty();
  if (!rest) {
    keep(draft, old);
    if (draft.spec.desired_state == "Paused" && old.state != "paused") draft.add(ActionType::Pause, old);
    if (draft.spec.desired_state == "Running" && old.state == "paused") draft.add(ActionType::Unpause, old);
  }
  draft.plan.subject_id = old.id;
  if (!draft.plan.rolls_back) draft.plan.phase = phase_of(old);
  draft.stall("RolledBack", "the update failed: " + draft.status.update->failed->reason +
                                "; the container runs as before until the spec or its image changes");
}

// Moves on with a next that was started.
void watch_next(PlanDraft& draft, const Observed& old, const Observed& next, const std::string& image) {
  if (!draft.starts_first() || !old.alive()) draft.plan.subject_id = next.id;
  const Gate gate = watch(draft, next);
  if (gate.state == Gate::State::Passed) {
    switch_over(draft, old, next);
  } else if (draft.update_failed(image)) {
    draft.stall("UpdateStalled", "the update failed: " + draft.status.update->failed->reason +
                                     "; update.onFailure is Stall, so both containers are left as they are");
  } else if (gate.state == Gate::State::Failed) {
    draft.add(ActionType::FailUpdate, next, gate.why).step = ReplaceStep::RecordFailure;
  } else {
    draft.plan.look_again = gate.again;
    draft.say(Truth::False, "Updating", "waiting for the new container " + gate.why);
  }
}

}  // namespace

void replace(PlanDraft& draft, const Observed& old, const Observed* next, const std::string& image) {
  draft.plan.phase = "Updating";
  draft.plan.subject_id = old.id;
  draft.say(Truth::False, "Updating", "the container is replaced");
  settle_name(draft, old);
  const bool failed = draft.update_failed(image);
  if (failed && draft.spec.update.on_failure == "Rollback") return roll_back(draft, old, next);
  if (!next) {
    if (failed) {
      return draft.stall("UpdateStalled",
                         "the update failed: " + draft.status.update->failed->reason + "; update.onFailure is Stall");
    }
    const std::string name = next_name(draft.in.engine_name, draft.in.spec_hash);
    if (create(draft, name, ReplaceStep::CreateNext) == Made::Waiting) return;
    if (draft.plan.actions.front().type == ActionType::Pull) keep_up(draft, old);
    if (!draft.starts_first()) draft.retire(old, ReplaceStep::PolicyOld, ReplaceStep::StopOld, "replaced");
    if (draft.wants_running()) draft.start_made(name, ReplaceStep::StartNext);
    return;
  }
  if (!next->started()) {
    if (failed) {
      return draft.stall("UpdateStalled", "the update failed: " + draft.status.update->failed->reason +
                                              "; update.onFailure is Stall, so both containers are left as they are");
    }
    if (draft.starts_first()) {
      // It may have been made while update.order was StopFirst.
      settle_networks(draft, *next, without_aliases(draft.spec), ReplaceStep::None);
      return draft.start(*next, ReplaceStep::StartNext);
    }
    draft.retire(old, ReplaceStep::PolicyOld, ReplaceStep::StopOld, "replaced");
    if (draft.wants_running()) return draft.start(*next, ReplaceStep::StartNext);
    return take_over(draft, old, *next);
  }
  // StopFirst: at no time do two of them run.
  if (old.alive() && !draft.starts_first())
    return draft.retire(old, ReplaceStep::PolicyOld, ReplaceStep::StopOld, "replaced");
  // A person's stop does not wait until next has shown what it is worth.
  if (!draft.wants_running()) {
    if (next->alive()) draft.retire(*next, ReplaceStep::None, ReplaceStep::None, "desiredState is Stopped");
    if (!failed) take_over(draft, old, *next);
    if (!draft.plan.actions.empty()) return;
  }
  watch_next(draft, old, *next, image);
}

}  // namespace berth::reconcilers
