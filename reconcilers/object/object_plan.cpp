// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/object/object_plan.hpp"

#include <cctype>

namespace berth::reconcilers {
namespace {

constexpr std::size_t kMostNamed = 5;

std::string line_of(const char* name, const Verdict& verdict) {
  std::string line = std::string(name) + "=" + std::string(to_string(verdict.status)) + " " + verdict.reason;
  if (!verdict.message.empty()) line += ": " + verdict.message;
  return line + "\n";
}

std::string step_text(const ObjectPlan& plan) {
  switch (plan.step) {
    case ObjectPlan::Step::None:
      return "nothing to do\n";
    case ObjectPlan::Step::Create:
      return "create " + plan.target + " " + base::to_canonical(plan.body) + "\n";
    case ObjectPlan::Step::Remove:
      return "remove " + plan.target + " (" + plan.why + ")\n";
  }
  return "";
}

}  // namespace

void ObjectPlan::stall(std::string reason, std::string message) {
  stalled = reason;
  say(Truth::False, std::move(reason), std::move(message));
}

void ObjectPlan::remove(std::string reason) {
  step = Step::Remove;
  why = std::move(reason);
}

void ObjectPlan::meet_stranger(const Holder& holder, const std::string& kind, const std::string& host) {
  if (holder.state == Holder::State::Foreign) {
    say(Truth::True, "External", "it was there before, and is used as it is");
  } else {
    std::string message = kind + " \"" + target + "\" on host " + host + " is that of " + kind + " " + holder.owner;
    message.front() = static_cast<char>(std::tolower(message.front()));
    stall("NameConflict", std::move(message));
  }
}

void ObjectPlan::end(const Holder& holder, const std::string& deletion_policy, const std::vector<std::string>& users) {
  if (holder.state != Holder::State::Ours || deletion_policy == "Orphan") {
    release = true;
  } else if (users.empty()) {
    remove("deleted");
  } else {
    wait_for(users, "it is removed once none does");
    say(Truth::False, "InUse", in_use->message);
  }
}

void ObjectPlan::wait_for(const std::vector<std::string>& users, const std::string& what_for) {
  const char* verb = users.size() == 1 ? " uses it; " : " use it; ";
  in_use = {Truth::True, "Containers", name_containers(users) + verb + what_for};
  waits_for = users.front();
}

std::string to_text(const ObjectPlan& plan) {
  std::string text = step_text(plan);
  text += line_of("Ready", plan.ready);
  text += line_of("Drifted", plan.drifted);
  if (plan.in_use) text += line_of("InUse", *plan.in_use);
  if (plan.stalled) text += "stalled=" + *plan.stalled + "\n";
  text += "facts=" + base::to_canonical(plan.facts) + "\n";
  if (plan.release) text += "release\n";
  return text;
}

std::string name_containers(const std::vector<std::string>& names) {
  std::string text = names.size() == 1 ? "container " : "containers ";
  const std::size_t named = names.size() <= kMostNamed ? names.size() : kMostNamed - 1;
  for (std::size_t i = 0; i < named; ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  if (named < names.size()) text += " and " + std::to_string(names.size() - named) + " more";
  return text;
}

}  // namespace berth::reconcilers
