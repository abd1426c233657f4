// SPDX-License-Identifier: Apache-2.0
// DockerPort's plans: what would be done for an object if it were written so. Everything is read, nothing is written.
#include <set>

#include "base/scope.hpp"
#include "base/status.hpp"
#include "reconcilers/container/container_pass.hpp"
#include "reconcilers/engine_port.hpp"
#include "reconcilers/plan/spec_hash.hpp"
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

// References that are not there yet are left out of both, as declared they are compared.
std::string hash_of(const resources::Resources& resources, const Json& object) {
  const schemas::Container container = schemas::decode_container(object);
  const ContainerInputs inputs =
      read_inputs(resources, resources::controller_caller("container"), container.metadata.ns, container.spec);
  return spec_hash(container.spec, inputs, resources.hash_key());
}

auto replace_test(const resources::Resources& resources) {
  return [&resources](const Json& before, const Json& after) {
    return hash_of(resources, before) != hash_of(resources, after);
  };
}

constexpr const char* kNothingYet = "nothing yet: ";

// Why nothing can be done on the host of an object, or of a stack.
std::optional<std::string> host_away(const resources::Resources& resources, const docker::Engines& engines,
                                     const Json& object) {
  const HostView host = view_host(resources, engines, std::string(base::string_at(object, "spec.host")));
  if (host.state == HostView::State::Usable) return std::nullopt;
  return kNothingYet + (host.reachable.message.empty() ? "the host is not known yet" : host.reachable.message);
}

// What the engine would be told, first to last, by the newest snapshot; or why nothing can be done yet. The pass is
// none: it does nothing, and what it notes down for the next one goes with it.
Task<std::vector<std::string>> steps_on_engine(resources::Resources& resources, docker::Engines& engines,
                                               base::Clock& clock, const Json& candidate) {
  std::vector<std::string> steps;
  if (const auto away = host_away(resources, engines, candidate)) {
    steps.push_back(*away);
    co_return steps;
  }
  const base::Executor loop = co_await base::this_loop();
  Pulls pulls(resources, clock, loop, [](const controller::Key&) {});
  BetweenPasses between;
  ContainerActions actions(resources, clock, loop);
  const resources::Object object{std::make_shared<const std::string>(base::to_canonical(candidate)), 0};
  ContainerPass pass({resources, engines, clock, pulls, between, actions, loop},
                     {std::string(base::string_at(candidate, "metadata.namespace")),
                      std::string(base::string_at(candidate, "metadata.name"))},
                     object);
  const Plan plan = pass.plan();
  if (pass.suspended() && !plan.actions.empty()) steps.push_back(std::string(kNothingYet) + "it is suspended");
  for (const Action& action : plan.actions) steps.push_back((pass.suspended() ? "then " : "") + to_text(action));
  if (plan.actions.empty() && plan.ready.status != Truth::True) {
    steps.push_back(kNothingYet + (plan.ready.message.empty() ? plan.ready.reason : plan.ready.message));
  }
  co_await pass.finish();
  co_await pulls.stop();
  co_return steps;
}

Task<Json> plan_alone(resources::Resources& resources, docker::Engines& engines, base::Clock& clock, Json candidate) {
  const ChildName name = name_of(candidate);
  StackContent content;
  content.children.push_back({name, candidate});
  StackPreviewInput input;
  input.content = &content;
  const auto live = resources.find(kind_of(name), base::string_at(candidate, "metadata.namespace"), name.name);
  if (live) input.live.emplace(name, live->parse());
  input.next.emplace(name, candidate);
  input.needs_replace = replace_test(resources);
  StackPreview preview = preview_stack(input);
  preview.steps = co_await steps_on_engine(resources, engines, clock, candidate);
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
                                                 const StackPreviewInput& input) {
  std::vector<std::pair<std::string, Json>> candidates;
  std::set<ChildName> declared;
  for (const StackChild& child : input.content->children) {
    declared.insert(child.name);
    const auto next = input.next.find(child.name);
    if (child.name.kind != "Container" || next == input.next.end()) continue;
    candidates.emplace_back(child.name.name, as_wished(next->second, stack));
  }
  for (const auto& [name, live] : input.live) {
    if (name.kind == "Container" && !declared.contains(name))
      candidates.emplace_back(name.name, as_removed(live, clock));
  }
  std::vector<std::string> all;
  for (const auto& [name, candidate] : candidates) {
    const bool fresh = !input.live.contains({"Container", name});
    const std::vector<std::string> steps = co_await steps_on_engine(resources, engines, clock, candidate);
    for (const std::string& step : steps) {
      if (!fresh || !step.starts_with(kNothingYet)) all.push_back(name + ": " + step);
    }
  }
  co_return all;
}

Task<Json> plan_of_stack(resources::Resources& resources, docker::Engines& engines, base::Clock& clock,
                         Json candidate) {
  const schemas::ComposeStack stack = schemas::decode_compose_stack(candidate);
  StackInputs inputs = read_stack_inputs(resources, stack_caller(), stack);
  StackPreviewInput input;
  input.refused = std::move(inputs.missing);
  const compose::MissingPath missing_path =
      missing_path_on(resources, stack.spec.host).value_or(compose::MissingPath::Made);
  const StackContent content =
      stack_content(stack, resources::expand_stack(candidate, std::move(inputs.variables), missing_path));
  input.content = &content;
  input.needs_replace = replace_test(resources);
  for (Json& object : owned_objects(resources, stack)) {
    const ChildName name = name_of(object);
    input.live.emplace(name, std::move(object));
  }
  for (const StackChild& child : content.children) {
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
    std::optional<Json> next = co_await dry_apply(resources, stack.metadata.ns, child, input.refused);
    if (next) input.next.emplace(child.name, *std::move(next));
  }
  StackPreview preview = preview_stack(input);
  // A file that is not accepted changes nothing.
  if (!content.errors.empty()) co_return to_json(preview);
  if (auto away = host_away(resources, engines, candidate)) {
    preview.steps.push_back(*std::move(away));
  } else {
    preview.steps = co_await steps_of_children(resources, engines, clock, stack, input);
  }
  co_return to_json(preview);
}

}  // namespace

Task<Json> DockerPort::plan(Json candidate) {
  if (base::string_at(candidate, "kind") == "ComposeStack") {
    co_return co_await plan_of_stack(resources_, engines_, clock_, std::move(candidate));
  }
  co_return co_await plan_alone(resources_, engines_, clock_, std::move(candidate));
}

}  // namespace berth::reconcilers
