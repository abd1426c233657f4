// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/registry/registry_reconciler.hpp"

#include "docker/image_reference.hpp"
#include "reconcilers/pass/condition_list.hpp"
#include "reconcilers/registry/registry_login.hpp"
#include "resources/rights/workload_policy.hpp"

namespace berth::reconcilers {
namespace {

using base::Task;
using controller::Key;
using controller::Requeue;

bool is_ready(const schemas::RegistryStatus& status) {
  const schemas::Condition* ready = find_condition(status.conditions, "Ready");
  return ready != nullptr && ready->status == "True";
}

// What listens on berthd's own machine is nobody's to find out but an administrator's.
docker::Loopback loopback_for(const resources::Resources& resources, const std::string& ns) {
  if (ns == "berth-system") return docker::Loopback::Allowed;
  const auto found = resources.find(schemas::Catalog::instance().by_name("Namespace"), "", ns);
  if (!found) return docker::Loopback::Refused;
  const base::Json object = found->parse();
  const base::Json* labels = base::find_path(object, "metadata.labels");
  const base::Json* level =
      labels != nullptr && labels->is_object() ? labels->get_object().if_contains(resources::kEnforceLabel) : nullptr;
  const bool privileged = level != nullptr && *level == base::Json("privileged");
  return privileged ? docker::Loopback::Allowed : docker::Loopback::Refused;
}

bool is_false(const schemas::ContainerStatus& status, std::string_view type) {
  const schemas::Condition* said = find_condition(status.conditions, type);
  return said != nullptr && said->status == "False";
}

}  // namespace

const schemas::Kind& RegistryReconciler::kind() const { return schemas::Catalog::instance().by_name("Registry"); }

Task<Requeue> RegistryReconciler::reconcile(Key key) {
  const auto object = resources_.find(kind(), key.ns, key.name);
  if (!object) {
    asked_.erase(key);
    co_return Requeue::never();
  }
  const schemas::Registry registry = schemas::decode_registry(object->parse());
  RegistryLogin login;
  RegistryFinding finding;
  try {
    login = open_login(resources_, registry);
  } catch (const base::Status& status) {
    finding.no_login = status.message();
  }
  const docker::Loopback loopback = loopback_for(resources_, key.ns);
  const std::string question = registry.metadata.uid + (loopback == docker::Loopback::Allowed ? " near " : " ") +
                               std::to_string(registry.metadata.generation) + " " + finding.no_login.value_or("") +
                               login_mark(login, resources_.hash_key());
  const auto before = asked_.find(key);
  const bool same = before != asked_.end() && before->second.question == question;
  const unsigned failures = same ? before->second.failures : 0;
  if (same && before->second.due > clock_.steady_now()) {
    co_return Requeue::after(before->second.due - clock_.steady_now());
  }

  docker::RegistryAccess access;
  access.server = docker::registry_name(registry.spec.server);
  access.ca_bundle = registry.spec.ca_bundle.value_or("");
  access.insecure = registry.spec.insecure;
  access.credential = login.credential;
  access.username = login.username;
  access.secret = login.secret.reveal_for_engine();
  access.loopback = loopback;
  finding.answer = co_await docker::probe_registry(access, kDeadline);

  const schemas::RegistryStatus status = registry_status(registry, finding, clock_.now());
  if (status != registry.status) {
    co_await resources_.set_status(registry_caller(), kind(), key.ns, key.name, registry.metadata.uid,
                                   schemas::encode(status));
  }
  const auto delay = next_probe(finding, failures);
  asked_[key] = {question, clock_.steady_now() + delay, failures + 1};
  if (!same || (is_ready(status) && !is_ready(registry.status))) co_await wake_waiting(key.ns, access.server);
  co_return Requeue::after(delay);
}

// A Registry of berth-system is for every namespace.
Task<void> RegistryReconciler::wake_waiting(std::string ns, std::string server) {
  const schemas::Kind& containers = schemas::Catalog::instance().by_name("Container");
  const std::string where = ns == "berth-system" ? "" : ns;
  const resources::ListPage page = co_await resources_.list(containers, where, {});
  for (const resources::Object& object : page.items) {
    const schemas::Container container = schemas::decode_container(object.parse());
    if (docker::registry_of(container.spec.image) != server) continue;
    const bool waits = is_false(container.status, "ImageResolved") || is_false(container.status, "ReferencesResolved");
    if (waits) wake_({container.metadata.ns, container.metadata.name});
  }
}

}  // namespace berth::reconcilers
