// SPDX-License-Identifier: Apache-2.0
#pragma once
// After a namespace's policy changed: wakes the containers whose condition Allowed no longer says how it is.
#include <functional>
#include <string>

#include "controller/reconciler.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

// Why the namespace does not allow what the Container asks for, in the words of the refusal; "" when it does.
std::string policy_refusal(const resources::Resources& resources, std::string_view ns, const base::Json& container);

class NamespacePolicy : public controller::Reconciler {
 public:
  using Wake = std::function<void(controller::Key container)>;

  // `resources` outlives it.
  NamespacePolicy(const resources::Resources& resources, Wake wake) : resources_(resources), wake_(std::move(wake)) {}
  const schemas::Kind& kind() const override;  // Namespace
  base::Task<controller::Requeue> reconcile(controller::Key key) override;

 private:
  const resources::Resources& resources_;
  Wake wake_;
};

}  // namespace berth::reconcilers
