// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/plan_draft.hpp"

#include "base/status.hpp"
#include "reconcilers/pass/condition_list.hpp"
#include "reconcilers/plan/container_compare.hpp"

namespace berth::reconcilers {
namespace {

// {"timeout": 5, "signal": "SIGINT"}; anything else in it is ignored.
void shape_stop(Action& action, const std::string& annotation) {
  if (annotation.empty()) return;
  base::Json shape;
  try {
    shape = base::parse_json(annotation);
  } catch (const base::Status&) {
    return;  // a person's slip in an annotation must not keep a container from stopping
  }
  const std::int64_t timeout = base::int_at(shape, "timeout", -1);
  if (timeout >= 0 && timeout <= 86'400) action.timeout = static_cast<int>(timeout);
  action.signal = base::string_at(shape, "signal");
}

}  // namespace

PlanDraft::PlanDraft(const PlanInput& input)
    : in(input), object(*input.container), spec(object.spec), status(object.status) {
  plan.adopted = input.adopted;
}

Action& PlanDraft::add(ActionType type, const Observed& seen, std::string subject) {
  Action& action = add(type, seen.name, std::move(subject));
  action.id = seen.id;
  return action;
}

Action& PlanDraft::add(ActionType type, std::string name, std::string subject) {
  Action& action = plan.actions.emplace_back();
  action.type = type;
  action.container = std::move(name);
  action.subject = std::move(subject);
  return action;
}

void PlanDraft::stop(const Observed& seen, ReplaceStep step, std::string why) {
  Action& action = add(ActionType::Stop, seen);
  action.step = step;
  action.why = std::move(why);
  shape_stop(action, annotation(kStopAnnotation));
}

void PlanDraft::retire(const Observed& seen, ReplaceStep policy_step, ReplaceStep stop_step, std::string why) {
  if (!policy_is_no(seen)) {
    Action& action = add(ActionType::Update, seen);
    action.body = base::JsonObject{{"RestartPolicy", base::JsonObject{{"Name", "no"}}}};
    action.step = policy_step;
  }
  if (seen.alive()) stop(seen, stop_step, std::move(why));
}

void PlanDraft::remove(const Observed& seen, ReplaceStep stop_step, ReplaceStep remove_step, std::string why) {
  if (seen.alive()) stop(seen, stop_step, why);
  Action& action = add(ActionType::Remove, seen);
  action.step = remove_step;
  action.why = std::move(why);
}

void PlanDraft::start(const Observed& seen, ReplaceStep step) {
  if (in.has_files && !seen.started() && in.memory.files_put != seen.id) {
    add(ActionType::PutFiles, seen).step = step == ReplaceStep::None ? step : ReplaceStep::PutFiles;
  }
  add(ActionType::Start, seen).step = step;
}

void PlanDraft::start_made(std::string name, ReplaceStep step) {
  if (in.has_files) add(ActionType::PutFiles, name).step = step == ReplaceStep::None ? step : ReplaceStep::PutFiles;
  add(ActionType::Start, std::move(name)).step = step;
}

std::string PlanDraft::annotation(const char* key) const {
  const auto found = object.metadata.annotations.find(key);
  return found == object.metadata.annotations.end() ? "" : found->second;
}

bool PlanDraft::restart_pending() const {
  const std::string token = annotation(kRestartAnnotation);
  const std::string handled = status.handled ? status.handled->restarted_at.value_or("") : "";
  return !token.empty() && token != handled && !in.memory.restarted;
}

// Another start than the one that was on record when the token was acted on: that was it.
bool PlanDraft::restart_pending(const Observed& seen) const {
  if (!restart_pending()) return false;
  if (!status.handled || !status.handled->restart || !seen.started()) return true;
  const schemas::ContainerRestart& restart = *status.handled->restart;
  const bool same_start = restart.container_id == seen.id && restart.started_at.value_or("") == seen.start_stamp;
  return restart.token != annotation(kRestartAnnotation) || same_start;
}

bool PlanDraft::redeploy_pending() const {
  // A token that was there before the first container has nothing to redeploy.
  const std::string token = annotation(kRedeployAnnotation);
  return status.image && !token.empty() && token != (status.handled ? status.handled->redeployed_at.value_or("") : "");
}

std::string PlanDraft::last_reason() const {
  const schemas::Condition* ready = find_condition(status.conditions, "Ready");
  return ready == nullptr ? "" : ready->reason;
}

std::string PlanDraft::last_message() const {
  const schemas::Condition* ready = find_condition(status.conditions, "Ready");
  return ready == nullptr ? "" : ready->message;
}

bool PlanDraft::has_ended(const Observed& seen) const {
  if (!one_shot() || seen.state != "exited" || !seen.started() || restart_pending(seen)) return false;
  // What Berth itself stopped has not ended: it may go on.
  if (!wants_running()) return status.spec_hash == seen.spec_hash && status.finished_at.has_value();
  // It was started for a token, whatever was heard of that.
  if (in.memory.restarted || restart_pending()) return true;
  // Ready may have spoken of something else since.
  if (status.interrupted_start == seen.start_stamp) return false;
  const std::string reason = last_reason();
  return reason != "Stopped" && reason != "Stopping" && reason != "StartFailed";
}

bool PlanDraft::end_on_record() const {
  return one_shot() && !restart_pending() && !redeploy_pending() && status.spec_hash == in.spec_hash &&
         status.finished_at && status.exit_code;
}

bool PlanDraft::update_failed(const std::string& image) const {
  if (!status.update || !status.update->failed) return false;
  return status.update->failed->spec_hash == in.spec_hash && status.update->failed->image_id.value_or("") == image;
}

void PlanDraft::say(Truth truth, std::string reason, std::string message) {
  plan.ready = {truth, std::move(reason), std::move(message)};
}

void PlanDraft::stall(std::string reason, std::string message) {
  plan.stalled = reason;
  say(Truth::False, std::move(reason), std::move(message));
}

void PlanDraft::conflict(const std::string& name, const std::string& holder) {
  stall("NameConflict", holder + " on host " + spec.host + " has the name \"" + name + "\" and is not this object's");
}

}  // namespace berth::reconcilers
