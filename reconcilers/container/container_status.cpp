// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/container_status.hpp"

#include <algorithm>

#include "reconcilers/host/host_view.hpp"
#include "reconcilers/pass/condition_list.hpp"
#include "reconcilers/plan/plan_draft.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using schemas::ContainerPortStatus;
using schemas::ContainerStatus;

std::string time_text(const std::optional<base::WallTime>& time) { return time ? base::format_time(*time) : ""; }

std::optional<std::string> unless_empty(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

// The address on the first of the declared networks, else on any.
std::string address_of(const schemas::ContainerSpec& spec, const Json& inspect) {
  const Json* networks = base::find_path(inspect, "NetworkSettings.Networks");
  if (!networks || !networks->is_object()) return "";
  if (!spec.networks.empty()) {
    const Json* first = networks->get_object().if_contains(spec.networks.front().name.value_or(""));
    if (first) return std::string(base::string_at(*first, "IPAddress"));
  }
  for (const auto& [name, endpoint] : networks->get_object()) {
    const std::string_view address = base::string_at(endpoint, "IPAddress");
    if (!address.empty()) return std::string(address);
  }
  return "";
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

// The engine's order is random.
std::vector<ContainerPortStatus> ports_of(const Json& inspect) {
  std::vector<ContainerPortStatus> ports;
  const Json* published = base::find_path(inspect, "NetworkSettings.Ports");
  if (!published || !published->is_object()) return ports;
  for (const auto& [key, bindings] : published->get_object()) {
    if (!bindings.is_array()) continue;
    const std::string name(key);
    const std::size_t slash = name.find('/');
    for (const Json& binding : bindings.get_array()) {
      ContainerPortStatus port;
      port.container_port = std::atoi(name.c_str());
      port.protocol = slash == std::string::npos ? "TCP" : upper(name.substr(slash + 1));
      port.host_ip = unless_empty(std::string(base::string_at(binding, "HostIp")));
      const std::string number(base::string_at(binding, "HostPort"));
      if (!number.empty()) port.host_port = std::atoi(number.c_str());
      ports.push_back(std::move(port));
    }
  }
  std::ranges::sort(ports, {}, [](const ContainerPortStatus& port) {
    return std::tuple(port.container_port, port.protocol, port.host_ip, port.host_port);
  });
  return ports;
}

void describe(ContainerStatus& status, const schemas::ContainerSpec& spec, const Observed& seen, const Plan& plan) {
  status.container_id = seen.id;
  if (seen.inspect) status.container_image = unless_empty(std::string(base::string_at(*seen.inspect, "Config.Image")));
  status.spec_hash = unless_empty(seen.spec_hash);
  status.started_at = unless_empty(time_text(seen.started_at));
  status.restart_count = seen.restart_count;
  // The end of a one-shot is on record only when it ended by itself: what Berth stopped may go on later.
  const bool one_shot = spec.restart_policy == "Never" || spec.restart_policy == "OnFailure";
  if (seen.started() && (seen.state == "exited" || seen.state == "dead") && (plan.ended || !one_shot)) {
    status.finished_at = unless_empty(time_text(seen.finished_at));
    status.exit_code = seen.exit_code;
  }
  if (seen.state != "running") return;
  status.health = unless_empty(seen.health);
  status.ip = unless_empty(address_of(spec, *seen.inspect));
  status.ports = ports_of(*seen.inspect);
}

void keep_record(ContainerStatus& status, const ContainerStatus& before) {
  status.spec_hash = before.spec_hash;
  status.started_at = before.started_at;
  status.finished_at = before.finished_at;
  status.exit_code = before.exit_code;
}

// Stays through whatever the plan waits for, until it runs again or has ended.
void note_interruption(ContainerStatus& status, const ContainerStatus& before, const Observed& seen, const Plan& plan) {
  const bool was = before.interrupted_start == seen.start_stamp && !seen.alive() && !plan.ended;
  if (plan.interrupted || was) status.interrupted_start = seen.start_stamp;
}

std::string drift_text(const Plan& plan) {
  std::string text;
  for (const Action& action : plan.actions) text += (text.empty() ? "" : "; ") + to_text(action);
  return text;
}

// A replace is no drift, nor is what has not been made yet.
Verdict drift_of(const Plan& plan, const StatusInput& input) {
  if (plan.actions.empty()) return {Truth::False, "AsDeclared", ""};
  if (input.suspended) return {Truth::True, "Suspended", drift_text(plan)};
  const bool stands = input.subject && plan.phase != "Updating" && plan.phase != "Terminating";
  if (!stands) return {Truth::False, "Changing", ""};
  return {Truth::True, "Repairing", drift_text(plan)};
}

std::vector<schemas::Condition> conditions_of(const StatusInput& input) {
  const Plan& plan = *input.plan;
  const bool drifted = input.suspended && !plan.actions.empty();
  ConditionList list(input.container->status.conditions, input.container->metadata.generation, input.now);
  const Verdict ready =
      drifted ? Verdict{Truth::False, "Suspended", "spec.suspend is true: nothing is changed"} : plan.ready;
  const bool busy = ready.status != Truth::True && !plan.stalled && !drifted;
  list.set("Ready", ready);
  list.set("Reconciling",
           busy ? Verdict{Truth::True, ready.reason, ready.message} : Verdict{Truth::False, "Settled", ""});
  list.set("Stalled",
           plan.stalled ? Verdict{Truth::True, *plan.stalled, ready.message} : Verdict{Truth::False, "NotStalled", ""});
  list.set("Drifted", drift_of(plan, input));
  list.set("ImageResolved", plan.image);
  list.set("ReferencesResolved", plan.references);
  list.set("HostReachable", {Truth::True, "Reachable", ""});
  // What runs goes on; the next create is refused.
  if (!input.refused.empty()) list.set("Allowed", {Truth::False, "PolicyViolated", input.refused});
  return list.take();
}

// The token is handled once what it asks for has been done; until then it is on record which start came before.
void note_restart(ContainerStatus& status, const StatusInput& input) {
  const auto& annotations = input.container->metadata.annotations;
  const auto found = annotations.find(kRestartAnnotation);
  const std::string token = found == annotations.end() ? "" : found->second;
  if (!token.empty() && input.plan->restarted) {
    if (!status.handled) status.handled.emplace();
    status.handled->restarted_at = token;
  }
  if (!status.handled || !status.handled->restart) return;
  if (status.handled->restart->token != token || input.plan->restarted) status.handled->restart.reset();
}

// 0 from the first report on. An earlier berthd has not taken it down: then it is not known.
std::optional<std::int64_t> last_ready(const ContainerStatus& before) {
  return before.observed_generation.value_or(0) > 0 ? before.ready_generation : 0;
}

}  // namespace

ContainerStatus container_status(const StatusInput& input) {
  const ContainerStatus& before = input.container->status;
  const Plan& plan = *input.plan;
  ContainerStatus status;
  status.observed_generation = input.container->metadata.generation;
  status.phase = plan.phase;
  status.image = before.image;
  if (status.image) {
    const bool moved = !input.image_here.empty() && input.image_here != status.image->id;
    status.image->update_available = moved ? std::optional(true) : std::nullopt;
  }
  status.handled = before.handled;
  status.adopted = unless_empty(plan.adopted);
  status.dependencies = plan.dependencies;
  status.references = input.references;
  if (!plan.forget_repairs) status.repairs = before.repairs;
  if (plan.update_record == Plan::UpdateRecord::Keep) status.update = before.update;
  if (plan.actions.empty() && status.update && status.update->failed) status.update->failed->rollback.reset();
  if (input.subject) {
    describe(status, input.container->spec, *input.subject, plan);
    note_interruption(status, before, *input.subject, plan);
  } else if (plan.ended) {
    keep_record(status, before);
  }
  if (plan.actions.empty()) note_restart(status, input);
  status.conditions = conditions_of(input);
  const bool runs = plan.ready.status == Truth::True && input.container->spec.desired_state == "Running";
  const bool as_declared = !input.suspended || plan.actions.empty();
  status.ready_generation = runs && as_declared ? status.observed_generation : last_ready(before);
  return status;
}

ContainerStatus unreachable_status(const schemas::Container& container, const Verdict& host, base::WallTime now) {
  ContainerStatus status = container.status;
  status.ready_generation = last_ready(container.status);
  const bool deleting = container.metadata.deletion_timestamp.has_value();
  status.observed_generation = container.metadata.generation;
  status.phase = deleting ? "Terminating" : "Unknown";
  ConditionList list(container.status.conditions, container.metadata.generation, now);
  const char* reason = away_reason(host);
  list.set("Ready", {Truth::Unknown, reason, host.message});
  list.set("Reconciling", {Truth::True, reason, host.message});
  list.set("Stalled", {Truth::False, "NotStalled", ""});
  const auto keep = [&](const char* type) {
    const schemas::Condition* last = find_condition(container.status.conditions, type);
    if (!last) return list.set(type, {Truth::Unknown, reason, ""});
    const Truth truth = last->status == "True" ? Truth::True : last->status == "False" ? Truth::False : Truth::Unknown;
    list.set(type, {truth, last->reason, last->message});
  };
  keep("Drifted");
  keep("ImageResolved");
  keep("ReferencesResolved");
  list.set("HostReachable", host);
  status.conditions = list.take();
  return status;
}

}  // namespace berth::reconcilers
