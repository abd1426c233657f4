// SPDX-License-Identifier: Apache-2.0
// What a pass says: the status after it, and what becomes of a call that failed.
#include "reconcilers/container/container_pass.hpp"
#include "reconcilers/container/container_status.hpp"
#include "reconcilers/container/failpoint.hpp"
#include "reconcilers/container/namespace_policy.hpp"
#include "reconcilers/pass/condition_list.hpp"

namespace berth::reconcilers {
namespace {

using base::Task;
using resources::EventNote;

// The engine has said no; it was not away, and nobody gave up.
bool is_refusal(const base::Status& error) {
  switch (error.reason()) {
    case base::Reason::ServiceUnavailable:
    case base::Reason::Timeout:
    case base::Reason::TooManyRequests:
    case base::Reason::Cancelled:
      return false;
    default:
      return true;
  }
}

// A path that a bind starts from and the host has not is said first; the engine's words for it begin with the bind.
std::string words_of(const base::Status& error, const std::string& host) {
  constexpr std::string_view kMissing = "bind source path does not exist: ";
  const std::string& text = error.message();
  const std::size_t found = text.find(kMissing);
  if (found == std::string::npos) return text;
  return "host " + host + " has no \"" + text.substr(found + kMissing.size()) +
         "\", which a mount starts from: " + text;
}

const char* failure_reason(ActionType type) {
  switch (type) {
    case ActionType::Create:
      return "CreateFailed";
    case ActionType::PutFiles:
    case ActionType::Start:
      return "StartFailed";
    case ActionType::Stop:
      return "StopFailed";
    case ActionType::Remove:
      return "RemoveFailed";
    case ActionType::Update:
      return "UpdateFailed";
    default:
      return "EngineError";
  }
}

// The engine, or our client for its version, says that what was asked can never be. What only a start finds out may
// lie with the host, and is tried again as other failures are.
bool is_mistake(ActionType type, const base::Status& error) {
  if (error.reason() == base::Reason::Invalid) return true;
  const bool starts = type == ActionType::Start || type == ActionType::Restart;
  return error.reason() == base::Reason::BadRequest && !starts;
}

// Of the steps that show what the new spec is worth. A name in use, or a container that is being removed, is the doing
// of somebody else, or of a call of ours whose end nobody heard.
bool fails_an_update(const Action& action, const base::Status& error) {
  if (!is_refusal(error) || error.reason() == base::Reason::Conflict) return false;
  return action.step == ReplaceStep::CreateNext || action.step == ReplaceStep::PutFiles ||
         action.step == ReplaceStep::StartNext;
}

}  // namespace

bool ContainerPass::crashed_before() const {
  const schemas::Condition* ready = find_condition(container_.status.conditions, "Ready");
  return ready && ready->reason == "CrashLoop";
}

// The engine is not as the snapshot has it: a name is taken that seemed free, or the container is gone. A new list
// tells what the plan is to be, once for each action of a pass: a create that is still on its way is in no list, and is
// waited for as after other failures.
bool ContainerPass::looks_again(const Action& action, const base::Status& error) {
  const bool names = action.type == ActionType::Create || action.type == ActionType::Rename;
  const bool taken = names && error.reason() == base::Reason::Conflict;
  const auto now = view_.engine->state().snapshot;
  const bool gone =
      !action.id.empty() && error.reason() == base::Reason::NotFound && now && !now->containers.contains(action.id);
  const std::string text = action.id + to_text(action);
  if ((!taken && !gone) || !met_.insert(text).second) return false;
  done_.erase(text);
  return true;
}

Task<ContainerPass::Next> ContainerPass::take_failure(const Plan& plan, const Action& action,
                                                      const base::Status& error) {
  if (error.reason() == base::Reason::Cancelled) throw error;
  if (looks_again(action, error)) {
    co_await view_.engine->resync();
    co_return Next::Again;
  }
  if (fails_an_update(action, error)) {
    co_await fail_update(plan, error.message());
    co_return Next::Again;
  }
  if (is_mistake(action.type, error)) {
    const base::SteadyTime now = tools_.clock.steady_now();
    look_again_ = tools_.between.refusals.add(key_, request_of(action), error, now, {}).again;
  }
  co_await report_error(plan, action, error);
  if (look_again_) co_return Next::Wait;
  throw error;
}

Task<void> ContainerPass::fail_update(const Plan& plan, std::string reason) {
  pass_failpoint(failpoint_of(ReplaceStep::RecordFailure), Moment::Before);
  schemas::ContainerUpdateFailure failure;
  failure.spec_hash = spec_hash_;
  failure.image_id = input_.image.pinned;
  failure.reason = reason;
  container_.status.update.emplace().failed = failure;
  Plan said = plan;
  said.update_record = Plan::UpdateRecord::Keep;
  said.ready = {Truth::False, "UpdateFailed", reason};
  co_await report(said);
  pass_failpoint(failpoint_of(ReplaceStep::RecordFailure), Moment::After);
  const bool back = container_.spec.update.on_failure == "Rollback";
  trail_.note({EventNote::Type::Warning, back ? "RolledBack" : "UpdateStalled", "The update failed: " + reason});
}

Task<void> ContainerPass::report_error(Plan plan, const Action& action, const base::Status& error) {
  plan.ready = {Truth::False, failure_reason(action.type), words_of(error, container_.spec.host)};
  if (is_mistake(action.type, error)) plan.stalled = plan.ready.reason;
  if (plan.rolls_back) {
    schemas::ContainerUpdateFailure& failed = *container_.status.update->failed;
    failed.rollback = error.message();
    plan.stalled = "RollbackFailed";
    plan.ready = {Truth::False, *plan.stalled,
                  "the update failed: " + failed.reason + "; going back failed, too: " + error.message()};
  }
  if (!deleting() && plan.subject_id.empty()) plan.phase = "Pending";
  plan.ended = false;
  // The action may have changed what there is to report, unless the engine went away with it.
  HostView now = view_host(tools_.resources, tools_.engines, host());
  if (now.state == HostView::State::Usable) {
    input_ = plan_input(now);
    view_ = std::move(now);
  }
  co_await report(plan);
}

schemas::ContainerStatus ContainerPass::status_of(const Plan& plan) const {
  StatusInput input;
  input.container = &container_;
  input.plan = &plan;
  for (const Observed& seen : input_.owned) {
    if (seen.id == plan.subject_id) input.subject = &seen;
  }
  input.references = inputs_.references;
  input.image_here = input_.image.here;
  input.suspended = suspended();
  if (!deleting()) input.refused = policy_refusal(tools_.resources, key_.ns, object_);
  input.now = tools_.clock.now();
  return container_status(input);
}

Task<void> ContainerPass::report(const Plan& plan) {
  const bool crashes = plan.ready.reason == "CrashLoop" && !crashed_before();
  co_await write(status_of(plan));
  if (!crashes) co_return;
  trail_.note({EventNote::Type::Warning, "BackOff", "Back-off restarting failed container: " + plan.ready.message});
}

Task<void> ContainerPass::report_unreachable(const Verdict& host) {
  std::optional<EventNote> note = missing_host_note(container_.status.conditions, host);
  co_await write(unreachable_status(container_, host, tools_.clock.now()));
  if (note) trail_.note(std::move(*note));
}

Task<void> ContainerPass::write(schemas::ContainerStatus status) {
  unsaved_ = false;
  const base::Json* stored = base::find_path(object_, "status");
  base::Json encoded = schemas::encode(status);
  if (stored && base::json_equal(*stored, encoded)) co_return;
  co_await tools_.resources.set_status(container_caller(), kind(), key_.ns, key_.name, container_.metadata.uid,
                                       encoded);
  container_.status = std::move(status);
  object_.as_object()["status"] = std::move(encoded);
}

}  // namespace berth::reconcilers
