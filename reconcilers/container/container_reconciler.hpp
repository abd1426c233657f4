// SPDX-License-Identifier: Apache-2.0
#pragma once
// Container: one engine container, kept as declared. Runs on the loop that the engines are on.
#include "reconcilers/container/container_pass.hpp"

namespace berth::reconcilers {

class ContainerReconciler : public controller::Reconciler {
 public:
  // All outlive it. `loop` is the one that it runs on.
  ContainerReconciler(resources::Resources& resources, docker::Engines& engines, Pulls& pulls, BetweenPasses& between,
                      base::Clock& clock, base::Executor loop);

  const schemas::Kind& kind() const override;
  base::Task<controller::Requeue> reconcile(controller::Key key) override;
  // Its host, which never changes.
  std::string lane(const controller::Key& key) const override;

 private:
  base::Task<controller::Requeue> run(ContainerPass& pass);
  base::Task<controller::Requeue> take_back(controller::Key key);

  ContainerActions actions_;
  ContainerTools tools_;
};

}  // namespace berth::reconcilers
