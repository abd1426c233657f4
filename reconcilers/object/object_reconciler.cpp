// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/object/object_reconciler.hpp"

#include "base/status.hpp"
#include "reconcilers/pass/action_trail.hpp"
#include "reconcilers/pass/audited.hpp"
#include "reconcilers/pass/condition_list.hpp"
#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using base::Task;
using controller::Key;
using controller::Requeue;
using resources::EventNote;

namespace {

// Remove, create, and one more to see that it is so.
constexpr int kMostSteps = 3;

const char* action_of(const ObjectPlan& plan) { return plan.step == ObjectPlan::Step::Create ? "create" : "remove"; }

std::vector<schemas::Condition> conditions_in(const Json& object) {
  std::vector<schemas::Condition> conditions;
  const Json* found = base::find_path(object, "status.conditions");
  if (!found || !found->is_array()) return conditions;
  for (const Json& one : found->get_array()) {
    schemas::Condition& condition = conditions.emplace_back();
    condition.type = base::string_at(one, "type");
    condition.status = base::string_at(one, "status");
    condition.observed_generation = base::int_at(one, "observedGeneration");
    condition.last_transition_time = base::string_at(one, "lastTransitionTime");
    condition.reason = base::string_at(one, "reason");
    condition.message = base::string_at(one, "message");
  }
  return conditions;
}

JsonArray encoded(const std::vector<schemas::Condition>& conditions) {
  JsonArray list;
  for (const schemas::Condition& condition : conditions) list.push_back(schemas::encode(condition));
  return list;
}

}  // namespace

// One reconcile(): the object as last read, and its host.
struct ObjectReconciler::Pass {
  Pass(Key at, Json read) : key(std::move(at)), object(std::move(read)) {}
  std::string text(std::string_view path) const { return std::string(base::string_at(object, path)); }
  bool deleting() const { return base::find_path(object, "metadata.deletionTimestamp") != nullptr; }
  std::int64_t generation() const { return base::int_at(object, "metadata.generation"); }

  Key key;
  Json object;
  HostView view;
  ActionTrail* trail = nullptr;
};

ObjectReconciler::ObjectReconciler(ObjectTools tools, std::string_view kind, std::string id_fact)
    : tools_(tools),
      kind_(schemas::Catalog::instance().by_name(kind)),
      id_fact_("status." + std::move(id_fact)),
      caller_(resources::controller_caller(kind_.singular)) {}

std::string ObjectReconciler::lane(const Key& key) const {
  const auto host = tools_.resources.referred(kind_, key.ns, key.name, "Host");
  return host ? host->name : "";
}

Task<Requeue> ObjectReconciler::reconcile(Key key) {
  const auto found = tools_.resources.find(kind_, key.ns, key.name);
  if (!found) {
    tools_.waits.forget(key);
    co_return Requeue::never();
  }
  Pass pass(std::move(key), found->parse());
  ActionTrail trail(tools_.resources, co_await base::this_loop(), caller_, kind_, pass.object);
  pass.trail = &trail;
  Requeue again = Requeue::never();
  std::exception_ptr error;
  try {
    again = co_await run(pass);
  } catch (...) {
    error = std::current_exception();
  }
  // Also when this task is being cancelled: what was done is on record.
  co_await trail.join();
  if (error) std::rethrow_exception(error);
  co_return again;
}

Task<Requeue> ObjectReconciler::run(Pass& pass) {
  pass.view = view_host(tools_.resources, tools_.engines, pass.text("spec.host"));
  const bool never_made = pass.text(id_fact_).empty();
  const bool nothing_to_remove = pass.text("spec.deletionPolicy") == "Orphan" ||
                                 base::bool_at(pass.object, "status.external") ||
                                 (pass.view.state == HostView::State::Absent && never_made);
  if (pass.deleting() && nothing_to_remove) {
    co_await release(pass);
    co_return Requeue::never();
  }
  if (pass.view.state == HostView::State::Starting) co_return Requeue::never();
  if (pass.view.state != HostView::State::Usable) {
    co_await report_unreachable(pass, pass.view.reachable);
    co_return Requeue::never();
  }
  ObjectPlan planned = plan_anew(pass);
  for (int steps = 0; planned.step != ObjectPlan::Step::None; ++steps) {
    if (steps == kMostSteps) throw base::internal_error("the engine accepted, and did not keep: " + to_text(planned));
    co_await act(pass, planned);
    // What is declared may have changed meanwhile; then this pass is over.
    const auto now = tools_.resources.find(kind_, pass.key.ns, pass.key.name);
    if (!now) co_return Requeue::never();
    Pass next(pass.key, now->parse());
    if (next.text("metadata.uid") != pass.text("metadata.uid") || next.generation() != pass.generation() ||
        next.deleting() != pass.deleting()) {
      co_return Requeue::after(std::chrono::seconds(0));
    }
    pass.object = std::move(next.object);
    planned = plan_anew(pass);
  }
  if (planned.release) {
    co_await release(pass);
  } else {
    co_await report(pass, planned);
  }
  co_return Requeue::never();
}

ObjectPlan ObjectReconciler::plan_anew(Pass& pass) const {
  pass.view = view_host(tools_.resources, tools_.engines, pass.text("spec.host"));
  if (pass.view.state != HostView::State::Usable) {
    throw base::unavailable("host " + pass.text("spec.host") + " went away", std::chrono::seconds(1));
  }
  ObjectPlan planned = plan(pass.object, *pass.view.snapshot);
  note_wait(pass, planned);
  return planned;
}

// Before anything is waited for, so that no event of the container is missed.
void ObjectReconciler::note_wait(const Pass& pass, const ObjectPlan& planned) const {
  if (planned.waits_for.empty()) {
    tools_.waits.forget(pass.key);
  } else {
    tools_.waits.wait(pass.key, pass.text("spec.host"), {planned.waits_for});
  }
}

// Throws what the engine said, once status says it, too. What a failed call has brought to light is planned for first:
// somebody else may have taken the name in between.
Task<void> ObjectReconciler::act(Pass& pass, const ObjectPlan& planned) {
  std::exception_ptr error;
  try {
    co_await perform(pass, planned);
  } catch (...) {
    error = std::current_exception();
  }
  if (!error) co_return;
  const base::Status status = base::to_status(error);
  if (status.reason() == base::Reason::Cancelled) std::rethrow_exception(error);
  ObjectPlan now = plan_anew(pass);
  if (now.step != planned.step) co_return;
  now.ready = co_await explain(pass.view.engine, planned, status);
  const bool mistake = status.reason() == base::Reason::BadRequest || status.reason() == base::Reason::Invalid ||
                       status.reason() == base::Reason::Forbidden;
  if (mistake || now.ready.reason == "EndpointsLeaked") now.stalled = now.ready.reason;
  co_await report(pass, now);
  std::rethrow_exception(error);
}

Task<void> ObjectReconciler::perform(Pass& pass, ObjectPlan planned) {
  // What the namespace allows may have changed since the object was written.
  const bool creates = planned.step == ObjectPlan::Step::Create;
  if (creates) tools_.resources.check_workload(kind_, pass.key.ns, pass.object);
  const std::shared_ptr<docker::Engine> engine = pass.view.engine;
  const resources::EngineAction record = action_on(pass.object, engine->host(), action_of(planned), planned.target);
  const std::uint64_t intent = co_await tools_.resources.begin_action(caller_, record);
  const auto [outcome, error] = co_await measure(tools_.clock, call_engine(engine, pass.object, planned));
  // Who waits for the object need not wait for the record of how it went.
  pass.trail->end_action(intent, record, outcome);
  const std::string what = kind_.singular + " " + planned.target;
  EventNote note{EventNote::Type::Normal, creates ? "Created" : "Removed", (creates ? "Created " : "Removed ") + what};
  if (error) {
    const base::Status status = base::to_status(error);
    if (status.reason() == base::Reason::Cancelled) std::rethrow_exception(error);
    note = {EventNote::Type::Warning, "Failed",
            "Failed to " + std::string(action_of(planned)) + " " + what + ": " + status.message()};
  }
  pass.trail->note(std::move(note));
  pass.trail->tell();
  co_await refresh(engine);
  if (error) std::rethrow_exception(error);
}

Task<void> ObjectReconciler::act_beside(resources::EngineAction action, Task<void> call) const {
  co_await audited(tools_.resources, tools_.clock, caller_, std::move(action), std::move(call));
}

Task<Verdict> ObjectReconciler::explain(std::shared_ptr<docker::Engine>, ObjectPlan plan, base::Status error) const {
  co_return Verdict{Truth::False, plan.step == ObjectPlan::Step::Create ? "CreateFailed" : "RemoveFailed",
                    error.message()};
}

Task<void> ObjectReconciler::report(Pass& pass, const ObjectPlan& planned) {
  const auto before = conditions_in(pass.object);
  ConditionList list(before, pass.generation(), tools_.clock.now());
  const Verdict& ready = planned.ready;
  const bool busy = ready.status != Truth::True && !planned.stalled;
  list.set("Ready", ready);
  list.set("Reconciling",
           busy ? Verdict{Truth::True, ready.reason, ready.message} : Verdict{Truth::False, "Settled", ""});
  list.set("Stalled", planned.stalled ? Verdict{Truth::True, *planned.stalled, ready.message}
                                      : Verdict{Truth::False, "NotStalled", ""});
  list.set("Drifted", planned.drifted);
  list.set("HostReachable", {Truth::True, "Reachable", ""});
  if (planned.in_use) list.set("InUse", *planned.in_use);
  JsonObject status = planned.facts;
  status["conditions"] = encoded(list.take());
  co_await write(pass, std::move(status));
}

// Everything stays as last seen, and says that it may be otherwise.
Task<void> ObjectReconciler::report_unreachable(Pass& pass, const Verdict& host) {
  const auto before = conditions_in(pass.object);
  ConditionList list(before, pass.generation(), tools_.clock.now());
  list.set("Ready", {Truth::Unknown, away_reason(host), host.message});
  list.set("Reconciling", {Truth::True, away_reason(host), host.message});
  list.set("Stalled", {Truth::False, "NotStalled", ""});
  list.set("HostReachable", host);
  std::vector<schemas::Condition> conditions = list.take();
  for (const char* type : {"Drifted", "InUse"}) {
    if (const schemas::Condition* said = find_condition(before, type)) conditions.push_back(*said);
  }
  const Json* last = base::find_path(pass.object, "status");
  JsonObject status = last && last->is_object() ? last->get_object() : JsonObject{};
  status["conditions"] = encoded(conditions);
  co_await write(pass, std::move(status));
  if (auto note = missing_host_note(before, host)) {
    co_await tools_.resources.note_event(caller_, kind_, pass.object, std::move(*note));
  }
}

Task<void> ObjectReconciler::write(Pass& pass, JsonObject status) {
  status["observedGeneration"] = pass.generation();
  const Json* stored = base::find_path(pass.object, "status");
  const Json wanted = std::move(status);
  if (stored && base::json_equal(*stored, wanted)) co_return;
  co_await tools_.resources.set_status(caller_, kind_, pass.key.ns, pass.key.name, pass.text("metadata.uid"), wanted);
}

Task<void> ObjectReconciler::release(Pass& pass) {
  tools_.waits.forget(pass.key);
  co_await tools_.resources.remove_finalizer(caller_, kind_, pass.key.ns, pass.key.name, pass.text("metadata.uid"),
                                             std::string(kFinalizer));
}

// Labels alone do not keep a name: an object that is no more holds nothing.
Holder ObjectReconciler::holder_of(const Json& object, const Json* seen) const {
  if (!seen) return {};
  const auto owner = owner_of(labels_of(*seen), instance(), kind_.kind);
  if (!owner) return {Holder::State::Foreign, ""};
  const OwnerName own{std::string(base::string_at(object, "metadata.namespace")),
                      std::string(base::string_at(object, "metadata.name"))};
  if (*owner == own) return {Holder::State::Ours, ""};
  const bool lives = tools_.resources.find(kind_, owner->ns, owner->name).has_value();
  return {lives ? Holder::State::Another : Holder::State::Foreign, owner->ns + "/" + owner->name};
}

}  // namespace berth::reconcilers
