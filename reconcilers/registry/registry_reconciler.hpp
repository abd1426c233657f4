// SPDX-License-Identifier: Apache-2.0
#pragma once
// Registry: asks it whether it is there and takes the credentials, and says so. What waits for an image of it is woken
// when the credentials are others than before, or good again.
#include <functional>
#include <map>

#include "base/clock.hpp"
#include "controller/reconciler.hpp"
#include "reconcilers/registry/registry_plan.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

class RegistryReconciler : public controller::Reconciler {
 public:
  static constexpr std::chrono::seconds kDeadline{20};  // of one probe

  // `resources` and `clock` outlive it; `wake` is called for Containers.
  RegistryReconciler(resources::Resources& resources, base::Clock& clock, std::function<void(controller::Key)> wake)
      : resources_(resources), clock_(clock), wake_(std::move(wake)) {}

  const schemas::Kind& kind() const override;
  base::Task<controller::Requeue> reconcile(controller::Key key) override;
  // Each its own: one that hangs holds up no other.
  std::string lane(const controller::Key& key) const override { return key.ns + "/" + key.name; }

 private:
  // What was asked last, so that our own status is no reason to ask again. A start costs one more probe.
  struct Asked {
    std::string question;  // uid, generation, and a mark of the credentials
    base::SteadyTime due;
    unsigned failures = 0;
  };
  base::Task<void> wake_waiting(std::string ns, std::string server);

  resources::Resources& resources_;
  base::Clock& clock_;
  std::function<void(controller::Key)> wake_;
  std::map<controller::Key, Asked> asked_;
};

}  // namespace berth::reconcilers
