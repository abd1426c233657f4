// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/stack_wishes.hpp"

namespace berth::reconcilers {

void follow_stack(const resources::Resources& resources, schemas::Container& container) {
  const schemas::Kind& kind = schemas::Catalog::instance().by_name("ComposeStack");
  for (const schemas::OwnerReference& owner : container.metadata.owner_references) {
    const bool is_stack = owner.kind == kind.kind && owner.api_version == kind.api_version();
    if (!is_stack || !owner.controller.value_or(false)) continue;
    const auto found = resources.find(kind, container.metadata.ns, owner.name);
    if (!found) continue;
    const base::Json stack = found->parse();
    if (base::string_at(stack, "metadata.uid") != owner.uid) continue;
    const std::string_view wanted = base::string_at(stack, "spec.desiredState");
    if (wanted == "Stopped" || wanted == "Paused") container.spec.desired_state = wanted;
    if (base::bool_at(stack, "spec.suspend")) container.spec.suspend = true;
  }
}

}  // namespace berth::reconcilers
