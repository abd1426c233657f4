// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/host/host_status.hpp"

#include "reconcilers/host/host_access.hpp"
#include "reconcilers/pass/condition_list.hpp"

namespace berth::reconcilers {
namespace {

schemas::HostEngine facts_of(const docker::EngineFacts& facts) {
  schemas::HostEngine engine;
  engine.version = facts.version;
  engine.api_version = docker::to_string(facts.api);
  engine.os = facts.os;
  engine.arch = facts.arch;
  engine.cpus = facts.cpus;
  engine.memory = facts.memory;
  return engine;
}

Verdict ready_of(const docker::EngineState& engine) {
  const docker::LinkReport& link = engine.link;
  if (engine.reachable == docker::Reachability::Unreachable) {
    return {Truth::False, link.fault.empty() ? "EngineUnreachable" : link.fault, engine.message};
  }
  return {Truth::True, "EngineReachable", link.note.empty() ? "" : "by " + link.transport + ", because " + link.note};
}

// What was known of the host key stays known while the server does not answer.
Verdict trust_of(const schemas::Host& host, const docker::LinkReport& link) {
  using Trust = docker::LinkReport::Trust;
  switch (link.trust) {
    case Trust::Trusted:
      return {Truth::True, "HostKeyPinned", ""};
    case Trust::Unknown:
      return {Truth::False, "HostKeyUnknown", link.trust_message};
    case Trust::Changed:
      return {Truth::False, "HostKeyChanged", link.trust_message};
    case Trust::NotAsked:
      break;
  }
  const schemas::Condition* last = find_condition(host.status.conditions, "HostKeyTrusted");
  if (!last || last->observed_generation != host.metadata.generation)
    return {Truth::Unknown, "NotReached", "the server has shown no key yet"};
  const Truth truth = last->status == "True" ? Truth::True : last->status == "False" ? Truth::False : Truth::Unknown;
  return {truth, last->reason, last->message};
}

schemas::OfferedHostKey offered_of(const schemas::HostSpec& spec, const docker::OfferedHostKey& shown) {
  schemas::OfferedHostKey offered;
  offered.field = host_keys_field(spec, shown.hop);
  offered.server = shown.server;
  offered.key = shown.key;
  offered.fingerprint = shown.fingerprint;
  return offered;
}

}  // namespace

schemas::HostStatus host_status(const schemas::Host& host, const docker::EngineState& engine, base::WallTime now) {
  if (engine.reachable == docker::Reachability::Unknown) return host.status;
  schemas::HostStatus status;
  status.observed_generation = host.metadata.generation;
  ConditionList conditions(host.status.conditions, host.metadata.generation, now);
  conditions.set("Ready", ready_of(engine));
  if (host.spec.ssh) conditions.set("HostKeyTrusted", trust_of(host, engine.link));
  status.conditions = conditions.take();
  if (engine.link.offered) status.offered_host_key = offered_of(host.spec, *engine.link.offered);
  status.transport = host.status.transport;
  if (!engine.link.transport.empty()) status.transport = engine.link.transport;
  // The facts of an engine that is away are those of the last time, also across a restart.
  status.engine = host.status.engine;
  if (engine.facts) status.engine = facts_of(*engine.facts);
  return status;
}

schemas::HostStatus refused_host_status(const schemas::Host& host, const Verdict& refusal, base::WallTime now) {
  schemas::HostStatus status;
  status.observed_generation = host.metadata.generation;
  ConditionList conditions(host.status.conditions, host.metadata.generation, now);
  conditions.set("Ready", refusal);
  status.conditions = conditions.take();
  return status;
}

schemas::HostStatus with_use(schemas::HostStatus status, const schemas::Host& host,
                             const std::optional<Verdict>& in_use, base::WallTime now) {
  std::erase_if(status.conditions, [](const schemas::Condition& each) { return each.type == "InUse"; });
  if (!in_use) return status;
  ConditionList use(host.status.conditions, host.metadata.generation, now);
  use.set("InUse", *in_use);
  status.conditions.push_back(use.take().front());
  return status;
}

}  // namespace berth::reconcilers
