// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/registry/registry_plan.hpp"

#include <algorithm>

#include "reconcilers/pass/condition_list.hpp"

namespace berth::reconcilers {
namespace {

using Reach = docker::RegistryAnswer::Reach;
using Login = docker::RegistryAnswer::Login;

constexpr std::chrono::seconds kFirst{5};
constexpr std::chrono::seconds kMost{300};
constexpr std::chrono::minutes kNowAndThen{10};

Verdict reachable(const docker::RegistryAnswer& answer) {
  switch (answer.reach) {
    case Reach::Reached:
      return {Truth::True, "Reached", ""};
    case Reach::TimedOut:
      return {Truth::False, "Timeout", answer.reach_message};
    case Reach::Untrusted:
      return {Truth::False, "CertificateUntrusted", answer.reach_message + "; spec.caBundle names whom to trust"};
    case Reach::NotARegistry:
      return {Truth::False, "NotARegistry", answer.reach_message};
    case Reach::NotAllowed:
      return {Truth::False, "AddressNotAllowed", answer.reach_message};
    case Reach::Unreachable:
      break;
  }
  return {Truth::False, "Unreachable", answer.reach_message};
}

Verdict authenticated(const RegistryFinding& finding) {
  if (finding.no_login) return {Truth::False, "CredentialsNotFound", *finding.no_login};
  const docker::RegistryAnswer& answer = finding.answer;
  if (answer.reach != Reach::Reached) return {Truth::Unknown, "NotReached", ""};
  switch (answer.login) {
    case Login::NotAsked:
      return {Truth::True, "NotAsked", answer.login_message};
    case Login::Anonymous:
      return {Truth::True, "Anonymous", "the registry gives tokens to anybody; spec has no credentials"};
    case Login::Accepted:
      return {Truth::True, "Accepted", ""};
    case Login::Required:
      return {Truth::False, "CredentialsRequired", answer.login_message};
    case Login::Denied:
      return {Truth::False, "Denied", answer.login_message};
    case Login::RateLimited:
      return {Truth::Unknown, "RateLimited", answer.login_message};
    case Login::Failed:
    case Login::NotTried:
      break;
  }
  return {Truth::Unknown, "Failed", answer.login_message};
}

}  // namespace

schemas::RegistryStatus registry_status(const schemas::Registry& registry, const RegistryFinding& finding,
                                        base::WallTime now) {
  schemas::RegistryStatus status;
  status.observed_generation = registry.metadata.generation;
  const Verdict reach = reachable(finding.answer);
  const Verdict login = authenticated(finding);
  ConditionList conditions(registry.status.conditions, registry.metadata.generation, now);
  if (reach.status != Truth::True) {
    conditions.set("Ready", {Truth::False, reach.reason, reach.message});
  } else if (login.status != Truth::True) {
    conditions.set("Ready", {Truth::False, login.reason, login.message});
  } else {
    conditions.set("Ready", {Truth::True, login.reason, ""});
  }
  conditions.set("Reachable", reach);
  conditions.set("Authenticated", login);
  status.conditions = conditions.take();
  return status;
}

std::chrono::milliseconds next_probe(const RegistryFinding& finding, unsigned failures) {
  const docker::RegistryAnswer& answer = finding.answer;
  const bool passes = answer.reach == Reach::Unreachable || answer.reach == Reach::TimedOut ||
                      (answer.reach == Reach::Reached && answer.login == Login::Failed);
  if (!passes) return kNowAndThen;
  return std::min<std::chrono::milliseconds>(kFirst * (1U << std::min(failures, 10U)), kMost);
}

}  // namespace berth::reconcilers
