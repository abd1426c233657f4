// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/container_pass.hpp"

#include <algorithm>

#include "reconcilers/pass/condition_list.hpp"
#include "reconcilers/pass/names.hpp"
#include "reconcilers/plan/plan_draft.hpp"
#include "reconcilers/plan/spec_hash.hpp"
#include "reconcilers/plan/stack_wishes.hpp"
#include "resources/object/brief_parse.hpp"

namespace berth::reconcilers {
namespace {

using base::Task;

// For as long as its actions take, what stands is away, or not what is declared.
bool takes_down(const Plan& plan) {
  if (plan.subject_id.empty()) return false;
  return plan.phase == "Updating" || std::ranges::any_of(plan.actions, [](const Action& action) {
           return action.type == ActionType::Stop || action.type == ActionType::Restart;
         });
}

// The engine has said no. Where nothing was heard it may still say yes, and who has the name may be a create of ours
// that is still on its way.
bool is_known(const base::Status& failure) {
  const base::Reason reason = failure.reason();
  return reason != base::Reason::Timeout && reason != base::Reason::ServiceUnavailable &&
         reason != base::Reason::Cancelled && reason != base::Reason::Conflict;
}

}  // namespace

const schemas::Kind& ContainerPass::kind() {
  static const schemas::Kind& kKind = schemas::Catalog::instance().by_name("Container");
  return kKind;
}

ContainerPass::ContainerPass(ContainerTools tools, controller::Key key, const resources::Object& object)
    : tools_(tools),
      key_(std::move(key)),
      object_(resources::parse_briefly(*object.bytes)),
      revision_(object.revision),
      container_(schemas::decode_container(object_)),
      trail_(tools.resources, tools.loop, container_caller(), kind(), object_) {
  if (deleting()) return;
  follow_stack(tools_.resources, container_);
  inputs_ = read_inputs(tools_.resources, container_caller(), key_.ns, container_.spec, tools_.given);
  references_ = resolve_references(tools_.resources, key_.ns, container_.spec, inputs_.missing);
  dependencies_ = read_dependencies(tools_.resources, container_);
  const auto met = [](const Dependency& each) { return each.met; };
  const auto lends = std::ranges::find(dependencies_, true, &Dependency::network);
  if (lends != dependencies_.end() && lends->met) container_.spec.network_mode = "container:" + lends->container_id;
  if (!std::ranges::all_of(dependencies_, met)) circle_ = find_circle(tools_.resources, container_);
  if (inputs_.complete()) spec_hash_ = spec_hash(references_.hashed, inputs_, tools_.resources.hash_key());
}

ImageView ContainerPass::image_view(const docker::Snapshot& snapshot) const {
  ImageView image;
  if (const base::Json* here = snapshot.image(container_.spec.image)) image.here = base::string_at(*here, "Id");
  if (image.here == memory_.other_platform) image.here.clear();
  const auto& pinned = container_.status.image;
  const bool same = pinned && pinned->ref == container_.spec.image && pinned->platform == container_.spec.platform;
  if (same) image.pinned = pinned->id.value_or("");
  image.pinned_here = !image.pinned.empty() && snapshot.images.contains(image.pinned);
  return image;
}

// "container 0123456789ab" when it has the name and is not this object's, else "".
std::string ContainerPass::stranger_at(const docker::Snapshot& snapshot, const std::string& name) const {
  const docker::ContainerView* holder = snapshot.container_by_name(name);
  if (!holder || holder == adopted(snapshot)) return "";
  if (owner_of(holder->labels, tools_.resources.instance()) == OwnerName{key_.ns, key_.name}) return "";
  return "container " + holder->id.substr(0, 12);
}

PlanInput ContainerPass::plan_input(const HostView& view) const {
  const docker::Snapshot& snapshot = *view.snapshot;
  PlanInput input;
  input.container = &container_;
  input.engine_name = engine_name(container_);
  input.spec_hash = spec_hash_;
  input.missing = inputs_.missing;
  for (auto& absent : absent_from(snapshot, references_)) input.missing.push_back(std::move(absent));
  for (const auto& [missing, name, on_engine] : references_.coming) {
    const bool taken = is_anothers(snapshot, on_engine, {key_.ns, name}, tools_.resources.instance());
    (taken ? input.missing : input.coming).push_back(missing);
  }
  input.dependencies = dependencies_;
  input.circle = circle_;
  for (Dependency& each : input.dependencies) {
    const auto there = snapshot.containers.find(each.container_id);
    if (there != snapshot.containers.end()) each.started_at = observe(*there->second).started_at;
  }
  const auto lends = std::ranges::find(dependencies_, true, &Dependency::network);
  const std::string network_holder = lends != dependencies_.end() && lends->met ? lends->container_id : "";
  input.shared = read_shared_namespaces(snapshot, container_.spec, network_holder, input.dependencies);
  input.has_files = !inputs_.files.empty();
  const std::string& instance = tools_.resources.instance();
  for (const auto* owned : snapshot.containers_with(find_labels(instance, key_.ns, key_.name))) {
    doubt(input.owned.emplace_back(observe(*owned)));
  }
  add_adopted(snapshot, input);
  std::ranges::sort(input.owned, {}, &Observed::name);
  const auto facts = view.engine->state().facts;
  for (Observed& seen : input.owned) {
    seen.keeps_swap_limits = !facts || facts->swap_limit;
    seen.age = age_of(seen);
  }
  if (input.owned.size() < 2 && !crashed_before()) tools_.between.sightings.forget(key_);
  if (std::ranges::all_of(input.owned, [this](const Observed& seen) { return is_told(seen.id, seen.spec_hash); })) {
    tools_.between.origins.forget(key_);
  }
  input.name_holder = stranger_at(snapshot, input.engine_name);
  if (!spec_hash_.empty()) input.next_holder = stranger_at(snapshot, next_name(input.engine_name, spec_hash_));
  input.image = image_view(snapshot);
  for (const auto& [id, network] : snapshot.networks) input.networks.emplace(base::string_at(network, "Name"), id);
  input.memory = memory_;
  input.now = tools_.clock.now();
  return input;
}

// Asked for only while one container takes over from another, and after a crash.
std::chrono::milliseconds ContainerPass::age_of(const Observed& seen) const {
  if (!seen.started()) return std::chrono::milliseconds(0);
  return tools_.between.sightings.age(key_, seen.id, seen.start_stamp, tools_.clock.steady_now());
}

// Before anything is waited for, so that no event of the holder is missed.
void ContainerPass::note_name_waits() const {
  std::vector<std::string> names;
  if (!deleting()) names = named_holders(container_.spec);
  if (!input_.name_holder.empty()) names.push_back(input_.engine_name);
  if (input_.adoption) names.push_back(input_.adoption->name);
  // It has no labels by which its events could find us.
  const auto seen = std::ranges::find(input_.owned, input_.adopted, &Observed::id);
  if (seen != input_.owned.end()) names.push_back(seen->name);
  if (!input_.next_holder.empty()) names.push_back(next_name(input_.engine_name, spec_hash_));
  tools_.between.names.wait(key_, host(), std::move(names));
}

Plan ContainerPass::plan() {
  view_ = view_host(tools_.resources, tools_.engines, host());
  if (view_.state != HostView::State::Usable)
    throw base::unavailable("host " + host() + " went away", std::chrono::seconds(1));
  input_ = plan_input(view_);
  note_name_waits();
  settle_create();
  Plan made = deleting() ? plan_deletion(input_) : plan_container(input_);
  // What is pinned for a platform may prove to be for another one, and then a pull goes on.
  const bool may_pull = container_.spec.platform.has_value();
  const auto pulls = [may_pull](const Action& action) {
    return action.type == ActionType::Pull || (may_pull && action.type == ActionType::Pin);
  };
  if (suspended() || std::ranges::none_of(made.actions, pulls)) tools_.pulls.forget(key_);
  return made;
}

Task<ContainerPass::Next> ContainerPass::act(const Plan& plan) {
  const Action action = plan.actions.front();
  if (action.type == ActionType::Pull) co_return co_await pull(plan);
  if (action.type == ActionType::Adopt) co_return co_await adopt(plan, action);
  guard_against_circles(action);
  if (action.type == ActionType::Pin) {
    co_await pin(action, plan);
  } else if (action.type == ActionType::Repair) {
    record_repair(action);
  } else if (action.type == ActionType::FailUpdate) {
    co_await fail_update(plan, action.subject);
  } else {
    co_return co_await act_on_engine(plan, action);
  }
  co_return Next::Again;
}

// Each action takes its effect, so the same one twice in a pass means that the engine does not keep what it is told.
void ContainerPass::guard_against_circles(const Action& action) {
  if (done_.insert(action.id + to_text(action)).second) return;
  throw base::internal_error("the engine accepted, and did not keep: " + to_text(action));
}

// The user has asked for something else since, or the object has gone. Berth's own writes of status ask for nothing.
bool ContainerPass::outdated() {
  const auto now = tools_.resources.find(kind(), key_.ns, key_.name);
  if (!now) return true;
  if (now->revision == revision_) return false;
  const base::Json fresh = now->parse();
  if (base::string_at(fresh, "metadata.uid") != container_.metadata.uid) return true;
  if (base::int_at(fresh, "metadata.generation") != container_.metadata.generation) return true;
  revision_ = now->revision;
  return false;
}

// Not of an object that is gone, or that lets go of what is there: what is made for it afterwards is nobody's.
bool ContainerPass::is_wanted() {
  if (!outdated()) return true;
  const auto now = tools_.resources.find(kind(), key_.ns, key_.name);
  if (!now) return false;
  const schemas::Container fresh = schemas::decode_container(now->parse());
  if (fresh.metadata.uid != container_.metadata.uid) return false;
  return !fresh.metadata.deletion_timestamp || fresh.spec.deletion_policy != "Orphan";
}

// An answer was lost, and yet there it is.
void ContainerPass::settle_create() {
  const auto create = tools_.between.creates.find(key_, tools_.clock.steady_now());
  if (!create || !is_wanted()) return;
  const auto seen = std::ranges::find(input_.owned, create->container, &Observed::name);
  if (seen != input_.owned.end()) tools_.between.creates.end(key_);
}

// Done once for each start, also when the process dies in between: it goes out with the intent of the next action.
void ContainerPass::record_repair(const Action& action) {
  schemas::ContainerRepairs repairs = container_.status.repairs.value_or(schemas::ContainerRepairs{});
  if (repairs.spec_hash != spec_hash_) repairs.count = 0;
  repairs.spec_hash = spec_hash_;
  ++repairs.count;
  repairs.last_time = base::format_micro_time(tools_.clock.now());
  repairs.container_id = action.id;
  for (const Observed& seen : input_.owned) {
    if (seen.id == action.id) repairs.started_at = seen.start_stamp;
  }
  container_.status.repairs = std::move(repairs);
  unsaved_ = true;
  trail_.note({resources::EventNote::Type::Warning, "Unhealthy",
               "Container " + action.container + " is unhealthy: " + action.subject});
}

// The same text is the same request to the same version of the engine.
std::string ContainerPass::request_of(const Action& action) const {
  return action.id + to_text(action) + " " + spec_hash_ + " " + docker::to_string(view_.engine->client().api());
}

// A token is acted on once, also when the process dies in between: which start came before is on record ahead of the
// action, so that the next pass knows a later one.
void ContainerPass::remember_start(const Action& action) {
  if (action.type != ActionType::Start && action.type != ActionType::Restart) return;
  const auto token = container_.metadata.annotations.find(kRestartAnnotation);
  if (token == container_.metadata.annotations.end() || token->second.empty()) return;
  schemas::ContainerHandled handled = container_.status.handled.value_or(schemas::ContainerHandled{});
  if (handled.restarted_at == token->second) return;
  schemas::ContainerRestart restart;
  restart.token = token->second;
  restart.container_id = action.id;
  for (const Observed& seen : input_.owned) {
    if (seen.id == action.id) restart.started_at = seen.start_stamp;
  }
  handled.restart = std::move(restart);
  container_.status.handled = std::move(handled);
  unsaved_ = true;
}

Task<void> ContainerPass::perform(const Action& action, ContainerActions::Places places) {
  remember_start(action);
  ActionContext context{object_, container_, inputs_, spec_hash_, view_.engine, trail_, {}};
  if (unsaved_) context.save = [this] { return write(container_.status); };
  if (action.type == ActionType::Create) {
    tools_.between.creates.begin(key_, {host(), action.container, container_.metadata.uid, tools_.clock.steady_now()});
  }
  co_await tools_.actions.perform(context, action, std::move(places));
  if (action.type == ActionType::Create) remember_made(action);
  if (action.type == ActionType::PutFiles) memory_.files_put = action.id;
  if (action.type == ActionType::Restart || action.type == ActionType::Start) memory_.restarted = true;
}

// Nobody shall take for ready what is about to be stopped. It goes out with the intent of the next action, once.
void ContainerPass::announce(const Plan& plan) {
  if (plan.stalled || !takes_down(plan)) return;
  const schemas::ContainerStatus& said = container_.status;
  const schemas::Condition* ready = find_condition(said.conditions, "Ready");
  const schemas::Condition* busy = find_condition(said.conditions, "Reconciling");
  const bool known = ready && ready->status != "True" && busy && busy->status == "True";
  if (known && said.observed_generation == container_.metadata.generation) return;
  container_.status = status_of(plan);
  unsaved_ = true;
}

Task<ContainerPass::Next> ContainerPass::act_on_engine(const Plan& plan, const Action& action) {
  if (const auto refused = tools_.between.refusals.find(key_, request_of(action), tools_.clock.steady_now())) {
    look_again_ = refused->again;
    co_await report_error(plan, action, refused->error);
    co_return Next::Wait;
  }
  auto places = co_await tools_.actions.take_turn(*view_.engine, container_, action);
  if (outdated()) co_return Next::Anew;
  announce(plan);
  std::exception_ptr error;
  try {
    co_await perform(action, std::move(places));
  } catch (...) {
    error = std::current_exception();
  }
  const bool made = action.type == ActionType::Create && !error;
  if (made && !is_wanted()) co_return Next::Anew;  // who finds the object gone takes it back
  if (made) tools_.between.creates.end(key_);
  if (!error) co_return Next::Again;
  const base::Status failure = base::to_status(error);
  if (action.type == ActionType::Create && is_known(failure)) tools_.between.creates.end(key_);
  co_return co_await take_failure(plan, action, failure);
}

Task<void> ContainerPass::release() {
  tools_.pulls.forget(key_);
  tools_.between.forget(key_);
  co_await tools_.resources.remove_finalizer(container_caller(), kind(), key_.ns, key_.name, container_.metadata.uid,
                                             std::string(kFinalizer));
}

}  // namespace berth::reconcilers
