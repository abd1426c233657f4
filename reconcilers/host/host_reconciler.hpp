// SPDX-License-Identifier: Apache-2.0
#pragma once
// Host: makes the engine's entry from how it is reached, and reports what the engine is. The one owner of entries.
#include "base/clock.hpp"
#include "controller/reconciler.hpp"
#include "docker/engines.hpp"
#include "docker/ssh_hub.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

class HostReconciler : public controller::Reconciler {
 public:
  // All outlive it. Engines and the sessions of `ssh` live on `loop`, which is its own.
  HostReconciler(resources::Resources& resources, docker::Engines& engines, docker::SshHub& ssh, base::Clock& clock,
                 base::Executor loop);

  const schemas::Kind& kind() const override;
  base::Task<controller::Requeue> reconcile(controller::Key key) override;

 private:
  resources::Resources& resources_;
  docker::Engines& engines_;
  docker::SshHub& ssh_;
  base::Clock& clock_;
  base::Executor loop_;
};

}  // namespace berth::reconcilers
