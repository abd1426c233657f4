// SPDX-License-Identifier: Apache-2.0
// DockerPort's plans: what would be done for an object if it were written so. Everything is read, nothing is written.
#include <algorithm>
#include <set>

#include "base/scope.hpp"
#include "base/status.hpp"
#include "reconcilers/beside.hpp"
#include "reconcilers/container/container_pass.hpp"
#include "reconcilers/engine_port.hpp"
#include "reconcilers/object/network_reconciler.hpp"
#include "reconcilers/object/volume_reconciler.hpp"
#include "reconcilers/plan/spec_hash.hpp"
#include "reconcilers/plan/stack_wishes.hpp"
#include "reconcilers/plan_clashes.hpp"
#include "reconcilers/stack/stack_adoption.hpp"
#include "reconcilers/stack/stack_inputs.hpp"
#include "reconcilers/stack/stack_preview.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::Task;

ChildName name_of(const Json& object) {
  return {std::string(base::string_at(object, "kind")), std::string(base::string_at(object, "metadata.name"))};
}

const schemas::Kind& kind_of(const ChildName& child) { return schemas::Catalog::instance().by_name(child.kind); }

resources::Caller stack_caller() { return resources::controller_caller("composestack"); }

// References that are neither there nor given are left out, as declared they are compared.
std::string hash_of(const resources::Resources& resources, const schemas::Container& container, GivenObjects given) {
  const ContainerInputs inputs =
      read_inputs(resources, resources::controller_caller("container"), container.metadata.ns, container.spec, given);
  return spec_hash(container.spec, inputs, resources.hash_key());
}

auto replace_test(const resources::Resources& resources, GivenObjects given) {
  return [&resources, given](const Json& before, const Json& after) {
    const schemas::Container old = schemas::decode_container(before);
    const schemas::Container next = schemas::decode_container(after);
    // One that waits to be made is not made anew by what it waits for.
    const bool waits = !old.status.container_id && hash_of(resources, old, {}) == hash_of(resources, next, {});
    return !waits && hash_of(resources, old, {}) != hash_of(resources, next, given);
  };
}

constexpr const char* kNothingYet = "nothing yet: ";

// Of an object, or of a stack.
HostView host_of(const resources::Resources& resources, const docker::Engines& engines, const Json& object) {
  return view_host(resources, engines, std::string(base::string_at(object, "spec.host")));
}

// Why nothing can be done there.
std::optional<std::string> host_away(const HostView& host) {
  if (host.state == HostView::State::Usable) return std::nullopt;
  return kNothingYet + (host.reachable.message.empty() ? "the host is not known yet" : host.reachable.message);
}

enum class ReferencesCome { No, BeforeIt };

// What the engine would be told, first to last, by the newest snapshot; or why nothing can be done yet. The pass is
// none: it does nothing, and what it notes down for the next one goes with it.
// Secrets and ConfigMaps are read as they are given. With BeforeIt what it refers to is applied before it, and is no
// reason to wait.
Task<std::vector<std::string>> steps_on_engine(resources::Resources& resources, docker::Engines& engines,
                                               base::Clock& clock, const Json& candidate, GivenObjects given,
                                               ReferencesCome come) {
  std::vector<std::string> steps;
  if (const auto away = host_away(host_of(resources, engines, candidate))) {
    steps.push_back(*away);
    co_return steps;
  }
  const base::Executor loop = co_await base::this_loop();
  Pulls pulls(resources, clock, loop, [](const controller::Key&) {});
  BetweenPasses between;
  ContainerActions actions(resources, clock, loop);
  const resources::Object object{std::make_shared<const std::string>(base::to_canonical(candidate)), 0};
  ContainerPass pass({resources, engines, clock, pulls, between, actions, loop, given},
                     {std::string(base::string_at(candidate, "metadata.namespace")),
                      std::string(base::string_at(candidate, "metadata.name"))},
                     object);
  const Plan plan = pass.plan();
  if (pass.suspended() && !plan.actions.empty()) steps.push_back(std::string(kNothingYet) + "it is suspended");
  for (const Action& action : plan.actions) steps.push_back((pass.suspended() ? "then " : "") + to_text(action));
  const bool held = plan.references.status == Truth::True || come == ReferencesCome::No;
  if (plan.actions.empty() && plan.ready.status != Truth::True && held) {
    steps.push_back(kNothingYet + (plan.ready.message.empty() ? plan.ready.reason : plan.ready.message));
  }
  co_await pass.finish();
  co_await pulls.stop();
  co_return steps;
}

// The same of a Network or a Volume.
std::vector<std::string> steps_of(const ObjectPlan& plan) {
  switch (plan.step) {
    case ObjectPlan::Step::Create:
      return {"create " + plan.target};
    case ObjectPlan::Step::Remove: {
      std::vector<std::string> steps{"remove " + plan.target + " (" + plan.why + ")"};
      if (plan.ready.reason == "Replacing") steps.push_back("create " + plan.target);
      return steps;
    }
    case ObjectPlan::Step::None:
      break;
  }
  if (plan.release || (plan.ready.status == Truth::True && !plan.in_use)) return {};
  const bool said = plan.ready.status != Truth::True;
  return {kNothingYet + (said ? plan.ready.message : plan.drifted.message + "; " + plan.in_use->message)};
}

docker::SnapshotPtr snapshot_of(const docker::Engines& engines, const Json& object) {
  const auto engine = engines.find(std::string(base::string_at(object, "spec.host")));
  return engine == nullptr ? nullptr : engine->state().snapshot;
}

std::string label_of(const Json& object) {
  return std::string(base::string_at(object, "metadata.namespace")) + "/" +
         std::string(base::string_at(object, "metadata.name"));
}

bool is_ready(const Json& object) {
  const Json* conditions = base::find_path(object, "status.conditions");
  return conditions != nullptr && conditions->is_array() &&
         std::ranges::any_of(conditions->get_array(), [](const Json& one) {
           return base::string_at(one, "type") == "Ready" && base::string_at(one, "status") == "True";
         });
}

// Of Containers that would be made or changed, or are not ready as they are. Those of `input` are no clash for each
// other, nor what goes.
void add_clashes(const resources::Resources& resources, const docker::Engines& engines, const Json& candidate,
                 const StackPreviewInput& input, StackPreview& preview) {
  std::set<std::string> own;
  std::vector<Json> wanted;
  for (const auto* objects : {&input.live, &input.next}) {
    for (const auto& [name, object] : *objects) own.insert(label_of(object));
  }
  std::set<ChildName> changed;
  for (const ChildChange& change : preview.changes) changed.insert(change.child);
  for (const auto& [name, next] : input.next) {
    const auto live = input.live.find(name);
    const bool settled = live != input.live.end() && is_ready(live->second) && !changed.contains(name);
    if (name.kind == "Container" && !settled) wanted.push_back(next);
  }
  // What is to be adopted has the name and the ports already.
  const docker::SnapshotPtr snapshot = !adopt_of(candidate).empty() ? nullptr : snapshot_of(engines, candidate);
  for (compose::Problem& clash : find_clashes(resources, snapshot.get(), wanted, own)) {
    preview.warnings.push_back(std::move(clash));
  }
}

StackWish wish_of(const Json& stack) {
  return {std::string(base::string_at(stack, "spec.desiredState")), base::bool_at(stack, "spec.suspend")};
}

// What becomes of a container that may be of a stack.
StackWish wish_for(const resources::Resources& resources, const Json& object) {
  schemas::Container container = schemas::decode_container(object);
  follow_stack(resources, container);
  return {container.spec.desired_state, container.spec.suspend};
}

Task<Json> plan_alone(resources::Resources& resources, docker::Engines& engines, base::Clock& clock, Json candidate,
                      Beside beside) {
  const ChildName name = name_of(candidate);
  StackContent content;
  content.children.push_back({name, candidate});
  StackPreviewInput input;
  input.content = &content;
  const auto live = resources.find(kind_of(name), base::string_at(candidate, "metadata.namespace"), name.name);
  if (live) {
    input.wished = wish_for(resources, live->parse());
    input.live.emplace(name, live->parse());
  }
  input.wish = wish_for(resources, candidate);
  input.next.emplace(name, candidate);
  input.needs_replace = replace_test(resources, beside.given());
  beside.read(candidate);
  input.changed_first = beside.changed_first();
  StackPreview preview = preview_stack(input);
  preview.created_first = beside.created_first();
  for (const std::string& one : beside.elsewhere()) preview.steps.push_back(kNothingYet + one);
  if (preview.steps.empty()) {
    const bool come = !preview.created_first.empty() && beside.complete();
    preview.steps = co_await steps_on_engine(resources, engines, clock, candidate, beside.given(),
                                             come ? ReferencesCome::BeforeIt : ReferencesCome::No);
  }
  add_clashes(resources, engines, candidate, input, preview);
  co_return to_json(preview);
}

// As it would be after an apply of the stack's; into `refused` where that would not be accepted.
Task<std::optional<Json>> dry_apply(resources::Resources& resources, const std::string& ns, const StackChild& child,
                                    std::vector<std::string>& refused) {
  resources::ApplyOptions options;
  options.write.field_manager = "composestack";
  options.write.dry_run = resources::DryRun::All;
  options.force = true;
  resources::Body body{child.configuration, {}};
  std::optional<base::Status> status;
  try {
    const resources::Written written = co_await resources.apply(
        stack_caller(), kind_of(child.name), ns, child.name.name, resources::Part::Main, std::move(body), options);
    co_return written.object.parse();
  } catch (const base::Status& error) {
    status = error;
  }
  if (status->reason() == base::Reason::Cancelled) throw *status;
  refused.push_back(status->message());
  co_return std::nullopt;
}

// A child as its reconciler would see it: with what the candidate, not the stack that is there, wishes of it all.
Json as_wished(Json child, const schemas::ComposeStack& stack) {
  child.at("metadata").as_object().erase("ownerReferences");
  Json& spec = child.at("spec");
  const std::string& wanted = stack.spec.desired_state;
  if (wanted == "Stopped" || wanted == "Paused") spec.as_object()["desiredState"] = wanted;
  if (stack.spec.suspend) spec.as_object()["suspend"] = true;
  return child;
}

// As it would be after its deletion has begun.
Json as_removed(Json child, base::Clock& clock) {
  child.at("metadata").as_object()["deletionTimestamp"] = base::format_time(clock.now());
  return child;
}

// What the engine would be told for each Container, by its name. What is to be made waits for the rest of its stack:
// the order says so.
Task<std::vector<std::string>> steps_of_children(resources::Resources& resources, docker::Engines& engines,
                                                 base::Clock& clock, const schemas::ComposeStack& stack,
                                                 const StackPreviewInput& input, GivenObjects given) {
  std::vector<std::pair<std::string, Json>> candidates;
  std::set<ChildName> declared;
  for (const StackChild& child : input.content->children) {
    declared.insert(child.name);
    const auto next = input.next.find(child.name);
    if (child.name.kind != "Container" || next == input.next.end()) continue;
    candidates.emplace_back(child.name.name, as_wished(next->second, stack));
  }
  for (const auto& [name, live] : input.live) {
    if (name.kind == "Container" && !stack.spec.suspend && !declared.contains(name)) {
      candidates.emplace_back(name.name, as_removed(live, clock));
    }
  }
  std::vector<std::string> all;
  for (const auto& [name, candidate] : candidates) {
    const bool fresh = !input.live.contains({"Container", name});
    const std::vector<std::string> steps =
        co_await steps_on_engine(resources, engines, clock, candidate, given, ReferencesCome::No);
    const std::string takes = adoption_step(snapshot_of(engines, candidate).get(), candidate);
    if (fresh && !takes.empty() && !steps.empty() && steps.front().starts_with(kNothingYet)) {
      all.push_back(name + ": " + takes);
    }
    for (const std::string& step : steps) {
      if (!fresh || !step.starts_with(kNothingYet)) all.push_back(name + ": " + step);
    }
  }
  co_return all;
}

// What the engine would be told for its Networks and Volumes: those that it has declared, or those that go. The Host
// may have gone since `snapshot` was taken.
enum class Which { Declared, Removed };
std::vector<std::string> steps_of_objects(resources::Resources& resources, docker::Engines& engines, base::Clock& clock,
                                          const schemas::ComposeStack& stack, const StackPreviewInput& input,
                                          const docker::Snapshot& snapshot, Which which) {
  NameWaits waits;
  const ObjectTools tools{resources, engines, clock, waits};
  const NetworkReconciler networks(tools);
  const VolumeReconciler volumes(tools);
  std::vector<std::string> all;
  const auto add = [&](const ChildName& name, const Json& object, const char* then) {
    if (name.kind != "Network" && name.kind != "Volume") return;
    const ObjectReconciler& kind = name.kind == "Network" ? static_cast<const ObjectReconciler&>(networks) : volumes;
    for (const std::string& step : steps_of(kind.plan(object, snapshot))) {
      all.push_back(to_text(name) + ": " + then + step);
    }
  };
  std::set<ChildName> declared;
  for (const StackChild& child : input.content->children) {
    declared.insert(child.name);
    const auto live = input.live.find(child.name);
    const auto next = input.next.find(child.name);
    if (which == Which::Removed || next == input.next.end()) continue;
    // While it is suspended the stack changes none of them.
    const bool stays = stack.spec.suspend && live != input.live.end();
    add(child.name, stays ? live->second : next->second, stack.spec.suspend && !stays ? "then " : "");
  }
  for (const auto& [name, live] : input.live) {
    if (which == Which::Removed && !stack.spec.suspend && !declared.contains(name)) {
      add(name, as_removed(live, clock), "");
    }
  }
  return all;
}

// A Secret that is neither there nor given is waited for, and known to have a value all the same.
void stand_in_for_missing(const schemas::ComposeStack& stack, compose::Environment& known) {
  for (const schemas::EnvVar& variable : stack.spec.env) {
    if (!variable.value_from || !variable.value_from->secret_key_ref) continue;
    if (!variable.value_from->secret_key_ref->optional.value_or(false)) known.try_emplace(variable.name, "");
  }
}

// Its objects as they are and as they would be; what is refused of them is in the answer's `refused`.
Task<StackPreviewInput> compare_children(resources::Resources& resources, const schemas::ComposeStack& stack,
                                         const docker::Snapshot* snapshot, const StackContent& content,
                                         GivenObjects given) {
  StackPreviewInput input;
  input.content = &content;
  input.needs_replace = replace_test(resources, given);
  for (Json& object : owned_objects(resources, stack)) {
    const ChildName name = name_of(object);
    input.live.emplace(name, std::move(object));
  }
  for (StackChild child : content.children) {
    const auto there = resources.find(kind_of(child.name), stack.metadata.ns, child.name.name);
    if (there) {
      Json object = there->parse();
      const Standing standing = standing_of(stack, object);
      if (standing == Standing::Another) {
        input.refused.push_back(to_text(child.name) + " is there already, and is not of this stack");
        continue;
      }
      input.live.emplace(child.name, std::move(object));
    }
    const auto live = input.live.find(child.name);
    tell_adoptee(stack, snapshot, live == input.live.end() ? nullptr : &live->second, child);
    std::optional<Json> next = co_await dry_apply(resources, stack.metadata.ns, child, input.refused);
    if (next) input.next.emplace(child.name, *std::move(next));
  }
  co_return input;
}

Task<Json> plan_of_stack(resources::Resources& resources, docker::Engines& engines, base::Clock& clock, Json candidate,
                         Beside beside) {
  const schemas::ComposeStack stack = schemas::decode_compose_stack(candidate);
  StackInputs inputs = read_stack_inputs(resources, stack_caller(), stack, beside.given());
  stand_in_for_missing(stack, inputs.variables.secret);
  const std::vector<std::string> missing = std::move(inputs.missing);
  const compose::MissingPath missing_path =
      missing_path_on(resources, stack.spec.host).value_or(compose::MissingPath::Made);
  const StackContent content =
      stack_content(stack, resources::expand_stack(candidate, std::move(inputs.variables), missing_path));
  const docker::SnapshotPtr seen = snapshot_of(engines, candidate);
  StackPreviewInput input = co_await compare_children(resources, stack, seen.get(), content, beside.given());
  const auto there = resources.find(kind_of(name_of(candidate)), stack.metadata.ns, stack.metadata.name);
  if (there) input.wished = wish_of(there->parse());
  input.wish = wish_of(candidate);
  beside.read(candidate);
  for (const auto& [name, next] : input.next) beside.read(next);
  input.changed_first = beside.changed_first();
  StackPreview preview = preview_stack(input);
  preview.created_first = beside.created_first();
  // A file that is not accepted changes nothing.
  if (!content.errors.empty()) co_return to_json(preview);
  add_clashes(resources, engines, candidate, input, preview);
  const std::string advice = seen ? adoption_advice(resources, *seen, stack) : "";
  if (!advice.empty()) preview.warnings.push_back({"", advice});
  const HostView host = host_of(resources, engines, candidate);
  if (!missing.empty()) {
    for (const std::string& one : missing) preview.steps.push_back(kNothingYet + one);
  } else if (auto away = host_away(host)) {
    preview.steps.push_back(*std::move(away));
  } else {
    preview.steps = steps_of_objects(resources, engines, clock, stack, input, *host.snapshot, Which::Declared);
    std::vector<std::string> more = co_await steps_of_children(resources, engines, clock, stack, input, beside.given());
    std::ranges::move(more, std::back_inserter(preview.steps));
    more = steps_of_objects(resources, engines, clock, stack, input, *host.snapshot, Which::Removed);
    std::ranges::move(more, std::back_inserter(preview.steps));
  }
  co_return to_json(preview);
}

}  // namespace

Task<Json> DockerPort::plan(Json candidate, std::vector<Json> beside) {
  Beside given(resources_, std::string(base::string_at(candidate, "metadata.namespace")), beside);
  if (base::string_at(candidate, "kind") == "ComposeStack") {
    co_return co_await plan_of_stack(resources_, engines_, clock_, std::move(candidate), std::move(given));
  }
  co_return co_await plan_alone(resources_, engines_, clock_, std::move(candidate), std::move(given));
}

}  // namespace berth::reconcilers
