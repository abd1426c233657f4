// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/host_status.hpp"

#include "reconcilers/condition_list.hpp"

namespace berth::reconcilers {
namespace {

std::string transport_of(const schemas::HostSpec& spec) {
  if (spec.ssh) return "ssh";
  if (spec.tcp) return "tcp";
  return "agent";
}

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

}  // namespace

schemas::HostStatus host_status(const schemas::Host& host, const docker::EngineState* engine, base::WallTime now) {
  if (engine && engine->reachable == docker::Reachability::Unknown) return host.status;
  schemas::HostStatus status;
  status.observed_generation = host.metadata.generation;
  ConditionList conditions(host.status.conditions, host.metadata.generation, now);
  if (!engine) {
    conditions.set("Ready", {Truth::False, "TransportNotServed",
                             "spec." + transport_of(host.spec) + " is not served yet; only spec.local is"});
  } else if (engine->reachable == docker::Reachability::Unreachable) {
    conditions.set("Ready", {Truth::False, "EngineUnreachable", engine->message});
  } else {
    conditions.set("Ready", {Truth::True, "EngineReachable", ""});
  }
  status.conditions = conditions.take();
  if (!engine) return status;
  status.transport = "Unix";
  // The facts of an engine that is away are those of the last time, also across a restart.
  status.engine = host.status.engine;
  if (engine->facts) status.engine = facts_of(*engine->facts);
  return status;
}

}  // namespace berth::reconcilers
