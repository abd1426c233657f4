// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/namespace_policy.hpp"

#include "base/status.hpp"
#include "reconcilers/pass/condition_list.hpp"

namespace berth::reconcilers {
namespace {

const schemas::Kind& container_kind() {
  static const schemas::Kind& kKind = schemas::Catalog::instance().by_name("Container");
  return kKind;
}

}  // namespace

std::string policy_refusal(const resources::Resources& resources, std::string_view ns, const base::Json& container) {
  try {
    resources.check_workload(container_kind(), ns, container);
    return "";
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::Forbidden) throw;
    return status.message();
  }
}

const schemas::Kind& NamespacePolicy::kind() const { return schemas::Catalog::instance().by_name("Namespace"); }

base::Task<controller::Requeue> NamespacePolicy::reconcile(controller::Key key) {
  const resources::ListPage page = co_await resources_.list(container_kind(), key.name, {});
  for (const resources::Object& object : page.items) {
    const base::Json json = object.parse();
    const schemas::Container container = schemas::decode_container(json);
    const schemas::Condition* said = find_condition(container.status.conditions, "Allowed");
    if ((said == nullptr ? "" : said->message) == policy_refusal(resources_, key.name, json)) continue;
    wake_({container.metadata.ns, container.metadata.name});
  }
  co_return controller::Requeue::never();
}

}  // namespace berth::reconcilers
