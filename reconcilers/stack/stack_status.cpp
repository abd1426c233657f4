// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/stack/stack_status.hpp"

#include <algorithm>
#include <set>

#include "reconcilers/pass/condition_list.hpp"
#include "resources/stack_sources.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;

constexpr std::size_t kMostNamed = 5;
constexpr std::size_t kMostWarnings = 200;
constexpr const char* kSuspended = "Suspended";

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  const std::size_t named = std::min(texts.size(), kMostNamed);
  for (std::size_t i = 0; i < named; ++i) all += (i == 0 ? "" : "; ") + texts[i];
  if (named < texts.size()) all += "; and " + std::to_string(texts.size() - named) + " more";
  return all;
}

Verdict condition_in(const Json& object, std::string_view type) {
  const Json* conditions = base::find_path(object, "status.conditions");
  if (conditions == nullptr || !conditions->is_array()) return {};
  for (const Json& one : conditions->get_array()) {
    if (base::string_at(one, "type") != type) continue;
    const std::string_view status = base::string_at(one, "status");
    return {status == "True"    ? Truth::True
            : status == "False" ? Truth::False
                                : Truth::Unknown,
            std::string(base::string_at(one, "reason")), std::string(base::string_at(one, "message"))};
  }
  return {};
}

// Ready is said of what a container did before, until it has seen what the stack wants now.
bool does(const std::string& wanted, const std::string& reason) {
  if (reason == "Completed") return true;
  if (wanted == "Running") return reason != "Stopped" && reason != "Paused";
  return reason == wanted;
}

std::string words_of(const LiveChild& child) {
  std::string text = to_text(child.name) + ": ";
  if (child.said.message.empty()) return text + (child.said.reason.empty() ? "Pending" : child.said.reason);
  return text + child.said.message;
}

std::map<ChildName, std::string> read_by(const Json& object) {
  std::map<ChildName, std::string> read;
  const Json* references = base::find_path(object, "status.references");
  if (references == nullptr || !references->is_array()) return read;
  for (const Json& one : references->get_array()) {
    const ChildName name{std::string(base::string_at(one, "kind")), std::string(base::string_at(one, "name"))};
    read[name] = base::string_at(one, "contentHash");
  }
  return read;
}

// "Container app: waits for Container "db"", of those that a stuck one holds up, near or far.
std::vector<std::string> held_up(const std::vector<LiveChild>& children, const std::set<std::string>& stuck) {
  std::set<std::string> holding = stuck;
  std::vector<std::string> texts;
  for (bool more = true; std::exchange(more, false);) {
    for (const LiveChild& child : children) {
      if (child.ready || child.name.kind != "Container" || holding.contains(child.name.name)) continue;
      const auto need = std::ranges::find_if(child.needs, [&](const auto& name) { return holding.contains(name); });
      if (need == child.needs.end()) continue;
      texts.push_back(to_text(child.name) + ": waits for Container \"" + *need + "\"");
      holding.insert(child.name.name);
      more = true;
    }
  }
  return texts;
}

struct Judgement {
  Verdict ready;
  bool stalled = false;
};

Judgement stuck(std::string reason, std::string message) {
  return {{Truth::False, std::move(reason), std::move(message)}, true};
}

// Of the children that there are: what holds up the rest comes first.
Judgement judge_children(const StackView& view) {
  std::vector<std::string> bad;
  std::vector<std::string> waiting;
  std::vector<std::string> away;
  std::set<std::string> holding;
  for (const LiveChild& child : view.children) {
    if (child.ready) continue;
    waiting.push_back(words_of(child));
    if (child.away) away.push_back(child.said.message);
    const bool needed = child.unhealthy && std::ranges::any_of(view.children, [&](const LiveChild& other) {
                          return !other.ready && std::ranges::find(other.needs, child.name.name) != other.needs.end();
                        });
    if (!child.stalled && !needed) continue;
    bad.push_back(words_of(child));
    if (child.name.kind == "Container") holding.insert(child.name.name);
  }
  if (!away.empty()) return {{Truth::Unknown, "HostUnreachable", away.front()}};
  if (!bad.empty()) {
    std::ranges::move(held_up(view.children, holding), std::back_inserter(bad));
    return stuck("ChildStalled", joined(bad));
  }
  if (!waiting.empty()) return {{Truth::False, "Progressing", joined(waiting)}};
  const std::size_t lacking = view.content->children.size() - view.children.size();
  if (lacking > 0 && view.stack->spec.suspend) {
    return {{Truth::False, kSuspended, "spec.suspend is true: " + std::to_string(lacking) + " objects are not made"}};
  }
  if (lacking > 0) return {{Truth::False, "Progressing", std::to_string(lacking) + " objects are to be made"}};
  return {{Truth::True, view.stack->spec.desired_state, ""}};
}

Judgement judge(const StackView& view) {
  const schemas::ComposeStack& stack = *view.stack;
  if (stack.metadata.deletion_timestamp) {
    std::vector<std::string> left;
    for (const LiveChild& child : view.children) left.push_back(to_text(child.name));
    return {{Truth::False, "Terminating", "to go: " + joined(left)}};
  }
  if (!view.missing.empty()) return {{Truth::False, "ReferencesMissing", joined(view.missing)}};
  if (view.host.status != Truth::True) return {view.host};
  if (!view.content->errors.empty()) {
    std::vector<std::string> texts;
    for (const compose::Problem& error : view.content->errors) texts.push_back(resources::to_text(error));
    return stuck("Invalid", joined(texts));
  }
  if (!view.conflicts.empty()) return stuck("NameConflict", joined(view.conflicts));
  if (!view.refused.empty()) return stuck("Refused", joined(view.refused));
  return judge_children(view);
}

std::vector<schemas::ComposeStackService> services_of(const StackView& view) {
  std::map<std::string, schemas::ComposeStackService> services;
  for (const StackChild& child : view.content->children) {
    if (child.name.kind != "Container") continue;
    const Json* labels = base::find_path(child.configuration, "spec.labels");
    const std::string name(labels->as_object().at("com.docker.compose.service").as_string());
    schemas::ComposeStackService& service = services[name];
    service.name = name;
    service.image = base::string_at(child.configuration, "spec.image");
    service.desired += 1;
    service.containers.push_back(child.name.name);
    service.ready += std::ranges::any_of(view.children,
                                         [&](const LiveChild& live) { return live.ready && live.name == child.name; });
  }
  std::vector<schemas::ComposeStackService> list;
  for (auto& [name, service] : services) list.push_back(std::move(service));
  return list;
}

std::vector<schemas::ComposeStackWarning> warnings_of(const StackView& view) {
  std::vector<schemas::ComposeStackWarning> list;
  const auto add = [&list](const std::string& path, const std::string& message) {
    if (list.size() == kMostWarnings) return;
    schemas::ComposeStackWarning& warning = list.emplace_back();
    if (!path.empty()) warning.path = path;
    warning.message = message;
  };
  for (const compose::Problem& warning : view.content->warnings) add(warning.path, warning.message);
  for (const std::string& stranger : view.strangers) add("", stranger);
  return list;
}

}  // namespace

LiveChild live_child(const Json& object, const std::string& wanted) {
  LiveChild child;
  child.name = {std::string(base::string_at(object, "kind")), std::string(base::string_at(object, "metadata.name"))};
  const bool deleting = base::find_path(object, "metadata.deletionTimestamp") != nullptr;
  if (child.name.kind == "ConfigMap" || child.name.kind == "Secret") {
    child.current = child.ready = !deleting;
    return child;
  }
  child.current = base::int_at(object, "status.observedGeneration") == base::int_at(object, "metadata.generation");
  child.said = condition_in(object, "Ready");
  child.stalled = child.current && condition_in(object, "Stalled").status == Truth::True;
  child.away = child.said.status == Truth::Unknown &&
               (child.said.reason == "HostUnreachable" || child.said.reason == "HostNotFound");
  child.ready = !deleting && child.current && child.said.status == Truth::True;
  if (child.name.kind == "Container") {
    const std::string own(base::string_at(object, "spec.desiredState"));
    child.ready = child.ready && does(wanted == "Running" && !own.empty() ? own : wanted, child.said.reason);
    child.unhealthy = child.current && base::string_at(object, "status.health") == "unhealthy";
    child.needs = dependencies_of(object);
    child.read = read_by(object);
  }
  return child;
}

void excuse_waiting(std::vector<LiveChild>& children) {
  std::set<std::string> moving;
  for (const LiveChild& child : children) {
    if (!child.current && child.name.kind == "Container") moving.insert(child.name.name);
  }
  for (bool more = !moving.empty(); std::exchange(more, false);) {
    for (LiveChild& child : children) {
      if (!child.stalled || child.said.reason != "DependencyFailed") continue;
      if (std::ranges::none_of(child.needs, [&](const auto& name) { return moving.contains(name); })) continue;
      child.stalled = false;
      moving.insert(child.name.name);
      more = true;
    }
  }
}

schemas::ComposeStackStatus stack_status(const StackView& view) {
  const schemas::ComposeStack& stack = *view.stack;
  const Judgement found = judge(view);
  schemas::ComposeStackStatus status;
  status.observed_generation = stack.metadata.generation;
  ConditionList list(stack.status.conditions, stack.metadata.generation, view.now);
  const bool busy = found.ready.status != Truth::True && !found.stalled && found.ready.reason != kSuspended;
  list.set("Ready", found.ready);
  list.set("Reconciling",
           busy ? Verdict{Truth::True, found.ready.reason, found.ready.message} : Verdict{Truth::False, "Settled", ""});
  list.set("Stalled", found.stalled ? Verdict{Truth::True, found.ready.reason, found.ready.message}
                                    : Verdict{Truth::False, "NotStalled", ""});
  list.set("ReferencesResolved", view.missing.empty() ? Verdict{Truth::True, "Resolved", ""}
                                                      : Verdict{Truth::False, "Missing", joined(view.missing)});
  status.conditions = list.take();
  if (view.content == nullptr || !view.content->errors.empty()) {
    status.services = stack.status.services;
    status.warnings = stack.status.warnings;
  } else {
    status.services = services_of(view);
    status.warnings = warnings_of(view);
  }
  return status;
}

}  // namespace berth::reconcilers
