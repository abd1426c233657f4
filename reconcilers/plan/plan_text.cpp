// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/container_plan.hpp"

namespace berth::reconcilers {
namespace {

std::string verdict_line(const char* name, const Verdict& verdict) {
  std::string line = std::string(name) + "=" + std::string(to_string(verdict.status));
  if (!verdict.reason.empty()) line += " " + verdict.reason;
  if (!verdict.message.empty()) line += ": " + verdict.message;
  return line + "\n";
}

// How an action names its subject.
std::string subject_text(const Action& action) {
  switch (action.type) {
    case ActionType::Pull:
      return " " + action.subject;
    case ActionType::Pin:
      return " " + action.container + " to " + action.subject;
    case ActionType::Create:
      return " " + action.container + " from " + action.subject;
    case ActionType::Rename:
    case ActionType::Connect:
      return " " + action.container + " to " + action.subject;
    case ActionType::Disconnect:
      return " " + action.container + " from " + action.subject;
    case ActionType::FailUpdate:
    case ActionType::Repair:
      return " " + action.container + ": " + action.subject;
    default:
      return " " + action.container;
  }
}

}  // namespace

std::string_view to_string(ActionType type) {
  switch (type) {
    case ActionType::Pull:
      return "pull";
    case ActionType::Pin:
      return "pin";
    case ActionType::Create:
      return "create";
    case ActionType::PutFiles:
      return "put-files";
    case ActionType::Start:
      return "start";
    case ActionType::Stop:
      return "stop";
    case ActionType::Restart:
      return "restart";
    case ActionType::Pause:
      return "pause";
    case ActionType::Unpause:
      return "unpause";
    case ActionType::Rename:
      return "rename";
    case ActionType::Update:
      return "update";
    case ActionType::Connect:
      return "connect";
    case ActionType::Disconnect:
      return "disconnect";
    case ActionType::Remove:
      return "remove";
    case ActionType::FailUpdate:
      return "fail-update";
    case ActionType::Repair:
      return "repair";
    case ActionType::Adopt:
      return "adopt";
  }
  return "";
}

std::string to_text(const Action& action) {
  std::string text(to_string(action.type));
  text += subject_text(action);
  if (action.aliases == Action::Aliases::None) text += " without aliases";
  for (const KeptVolume& kept : action.volumes) text += " keeping the volume at " + kept.target;
  if (!action.body.is_null()) text += " " + base::to_canonical(action.body);
  if (action.timeout) text += " timeout=" + std::to_string(*action.timeout);
  if (!action.signal.empty()) text += " signal=" + action.signal;
  if (!action.why.empty()) text += " (" + action.why + ")";
  return text;
}

std::string to_text(const Plan& plan) {
  std::string text;
  for (const Action& action : plan.actions) text += to_text(action) + "\n";
  if (plan.actions.empty()) text += "nothing to do\n";
  if (plan.meanwhile) text += "meanwhile " + to_text(*plan.meanwhile) + "\n";
  text += "phase=" + plan.phase + "\n";
  text += verdict_line("Ready", plan.ready);
  text += verdict_line("ImageResolved", plan.image);
  text += verdict_line("ReferencesResolved", plan.references);
  if (plan.stalled) text += "stalled=" + *plan.stalled + "\n";
  if (plan.look_again) text += "look again in " + std::to_string(plan.look_again->count()) + " ms\n";
  if (plan.forget_repairs) text += "forget repairs\n";
  if (plan.ended) text += "ended\n";
  if (plan.release) text += "release\n";
  return text;
}

}  // namespace berth::reconcilers
