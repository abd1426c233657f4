// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/dependencies.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/status.hpp"
#include "reconcilers/pass/condition_list.hpp"
#include "reconcilers/plan/stack_wishes.hpp"

namespace berth::reconcilers {
namespace {

using schemas::Condition;
using schemas::Container;

const schemas::Kind& container_kind() {
  static const schemas::Kind& kKind = schemas::Catalog::instance().by_name("Container");
  return kKind;
}

std::optional<Container> find(const resources::Resources& resources, const std::string& ns, const std::string& name) {
  const auto object = resources.find(container_kind(), ns, name);
  if (!object) return std::nullopt;
  return schemas::decode_container(object->parse());
}

void wait(Dependency& dependency, std::string why) { dependency.why = std::move(why); }

void give_up(Dependency& dependency, std::string why) {
  dependency.hopeless = true;
  dependency.why = std::move(why);
}

bool one_of(const std::string& reason, std::initializer_list<const char*> reasons) {
  return std::ranges::find(reasons, reason) != reasons.end();
}

void judge_started(Dependency& dependency, const Condition& ready) {
  // What was rolled back runs as before; a one-shot that has run was started, whatever came of it.
  dependency.met =
      one_of(ready.reason, {"Running", "HealthStarting", "Unhealthy", "Paused", "RolledBack", "Completed", "Failed"});
}

void judge_running(Dependency& dependency, const Condition& ready) {
  if (one_of(ready.reason, {"Completed", "Failed"})) return give_up(dependency, "it has ended");
  judge_started(dependency, ready);
}

void judge_healthy(Dependency& dependency, const Container& other, const Condition& ready) {
  const std::string health = other.status.health.value_or("");
  if (ready.reason == "Unhealthy") return give_up(dependency, "its healthcheck fails");
  if (one_of(ready.reason, {"Completed", "Failed"})) return give_up(dependency, "it has ended");
  if (ready.reason == "Running" && health.empty()) return give_up(dependency, "it has no healthcheck");
  dependency.met = health == "healthy" && one_of(ready.reason, {"Running", "RolledBack"});
}

void judge_completed(Dependency& dependency, const Container& other, const Condition& ready) {
  const std::string& policy = other.spec.restart_policy;
  if (ready.reason == "Completed") {
    dependency.met = true;
  } else if (policy != "Never" && policy != "OnFailure") {
    give_up(dependency, "it never ends, its restartPolicy is " + policy);
  } else if (ready.reason == "Running" || ready.reason == "HealthStarting") {
    wait(dependency, "it still runs");
  }
}

void judge(Dependency& dependency, const Container& other, const std::string& condition) {
  const Condition* ready = find_condition(other.status.conditions, "Ready");
  if (other.metadata.deletion_timestamp) return wait(dependency, "it is being deleted");
  if (other.status.observed_generation != other.metadata.generation || !ready || ready->status == "Unknown") {
    return wait(dependency, ready && !ready->message.empty() ? ready->message : "it is not as declared yet");
  }
  if (condition == "Healthy") {
    judge_healthy(dependency, other, *ready);
  } else if (condition == "Completed") {
    judge_completed(dependency, other, *ready);
  } else if (condition == "Running") {
    judge_running(dependency, *ready);
  } else {
    judge_started(dependency, *ready);
  }
  if (dependency.met || !dependency.why.empty()) return;
  const Condition* stalled = find_condition(other.status.conditions, "Stalled");
  // What its stack wants of it is no change of its own, so what it says may be of before.
  const bool stopped = ready->reason == "Stopped" && other.spec.desired_state == "Stopped";
  dependency.hopeless = stopped || (stalled && stalled->status == "True");
  if (stopped) {
    dependency.why = "its desiredState is Stopped";
  } else if (one_of(ready->reason, {"WaitingForDependencies", "DependencyFailed"})) {
    dependency.why = "it waits itself";  // it says for whom
  } else if (ready->reason == "Stopped") {
    dependency.why = "it is not as declared yet";
  } else {
    dependency.why = ready->message.empty() ? ready->reason : ready->message;
  }
}

void compare_record(Dependency& dependency, const Container& container) {
  for (const schemas::ContainerDependencyStatus& seen : container.status.dependencies) {
    if (seen.name != dependency.name) continue;
    dependency.changed =
        seen.container_id != dependency.container_id || seen.restarted_at.value_or("") != dependency.restarted_at;
  }
}

Dependency look_at(const resources::Resources& resources, const Container& container, const std::string& name,
                   const std::string& condition) {
  Dependency dependency;
  dependency.name = name;
  dependency.wanted = condition;
  dependency.wanted.front() = static_cast<char>(std::tolower(dependency.wanted.front()));
  auto other = find(resources, container.metadata.ns, name);
  if (!other) {
    dependency.absent = true;
    wait(dependency, base::not_found(container_kind().plural + "." + container_kind().group, name).message());
    return dependency;
  }
  dependency.container_id = other->status.container_id.value_or("");
  if (other->status.handled) dependency.restarted_at = other->status.handled->restarted_at.value_or("");
  follow_stack(resources, *other);
  judge(dependency, *other, condition);
  return dependency;
}

// Of the container whose network this one shares: it must be on the same engine, and run.
Dependency look_at_network(const resources::Resources& resources, const Container& container) {
  Dependency dependency = look_at(resources, container, container.spec.container_ref->name, "Running");
  dependency.field = "spec.containerRef";
  dependency.network = true;
  const auto other = find(resources, container.metadata.ns, dependency.name);
  if (!other || other->spec.host == container.spec.host) return dependency;
  dependency.met = false;
  give_up(dependency, "it is on host " + other->spec.host + ", not on " + container.spec.host);
  return dependency;
}

std::vector<std::string> named_by(const Container& container) {
  std::vector<std::string> names;
  for (const schemas::ContainerDependency& each : container.spec.depends_on) names.push_back(each.container_ref.name);
  if (container.spec.container_ref) names.push_back(container.spec.container_ref->name);
  return names;
}

// How many others are looked at for a circle: a longer way is waited on without its name being known.
constexpr std::size_t kMostOnTheWay = 256;

}  // namespace

std::vector<Dependency> read_dependencies(const resources::Resources& resources, const Container& container) {
  std::vector<Dependency> all;
  for (std::size_t i = 0; i < container.spec.depends_on.size(); ++i) {
    const schemas::ContainerDependency& wanted = container.spec.depends_on[i];
    Dependency& one = all.emplace_back(look_at(resources, container, wanted.container_ref.name, wanted.condition));
    one.field = "spec.dependsOn[" + std::to_string(i) + "].containerRef";
    one.restarts = wanted.restart.value_or(false);
    if (one.restarts) compare_record(one, container);
  }
  if (container.spec.container_ref) all.push_back(look_at_network(resources, container));
  return all;
}

// Breadth first, so that it is the shortest.
std::string find_circle(const resources::Resources& resources, const Container& container) {
  const std::string& self = container.metadata.name;
  std::map<std::string, std::string> reached_from;
  std::deque<std::string> next;
  const auto reach = [&](const Container& from) {
    for (const std::string& name : named_by(from)) {
      if (reached_from.emplace(name, from.metadata.name).second) next.push_back(name);
    }
  };
  reach(container);
  while (!next.empty() && !reached_from.contains(self) && reached_from.size() <= kMostOnTheWay) {
    const auto other = find(resources, container.metadata.ns, next.front());
    next.pop_front();
    if (other) reach(*other);
  }
  if (!reached_from.contains(self)) return "";
  std::string text = self;
  std::string at = self;
  do {
    at = reached_from.at(at);
    text = at + ", " + text;
  } while (at != self);
  return text;
}

std::string waiting_text(const std::vector<Dependency>& dependencies) {
  std::string text;
  std::set<std::string> said;
  for (const Dependency& each : dependencies) {
    if (each.met || !said.insert(each.name).second) continue;
    text += (text.empty() ? "waits for Container \"" : "; for Container \"") + each.name + "\" to be " + each.wanted +
            (each.why.empty() ? "" : ": " + each.why);
  }
  return text;
}

}  // namespace berth::reconcilers
