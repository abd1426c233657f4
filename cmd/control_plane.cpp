// SPDX-License-Identifier: Apache-2.0
#include "cmd/control_plane.hpp"

#include "controller/controller.hpp"
#include "controller/event_expiry.hpp"
#include "docker/engines.hpp"
#include "reconcilers/container_reconciler.hpp"
#include "reconcilers/host_reconciler.hpp"
#include "reconcilers/pulls.hpp"
#include "reconcilers/wakes.hpp"

namespace berth::cmd {
namespace {

const std::vector<std::string> kControllers{"container", "event-expiry", "host"};

}  // namespace

struct ControlPlane::State {
  State(resources::Resources& resources, base::Clock& clock, base::Metrics& metrics, base::Executor loop)
      : wakes(resources),
        engines(docker::Engines::make(metrics, clock, {})),
        pulls(resources, clock, loop, [this](controller::Key key) { wakes.wake_container(std::move(key)); }) {
    engines->listen([this](const docker::EngineChange& change) { wakes.on_change(change); });
  }

  reconcilers::Wakes wakes;
  std::unique_ptr<docker::Engines> engines;
  reconcilers::Pulls pulls;
  std::unique_ptr<controller::Controller> hosts;
  std::unique_ptr<controller::Controller> containers;
  std::unique_ptr<controller::EventExpiry> expiry;
};

ControlPlane::ControlPlane(resources::Resources& resources, base::Clock& clock, base::Metrics& metrics,
                           base::Executor loop, const std::string& controllers)
    : state_(std::make_unique<State>(resources, clock, metrics, loop)) {
  const std::vector<std::string> chosen = controller::select_controllers(controllers, kControllers);
  const auto runs = [&chosen](std::string_view name) {
    return std::find(chosen.begin(), chosen.end(), name) != chosen.end();
  };
  const auto control = [&](std::unique_ptr<controller::Reconciler> reconciler) {
    return std::make_unique<controller::Controller>(std::move(reconciler), resources, clock, metrics, loop);
  };
  State& s = *state_;
  if (runs("host")) {
    s.hosts = control(std::make_unique<reconcilers::HostReconciler>(resources, *s.engines, clock, loop));
  }
  if (runs("container")) {
    s.containers =
        control(std::make_unique<reconcilers::ContainerReconciler>(resources, *s.engines, s.pulls, clock, loop));
  }
  if (runs("event-expiry")) s.expiry = std::make_unique<controller::EventExpiry>(resources, clock, loop);
  s.wakes.join(s.containers.get(), s.hosts.get());
}

ControlPlane::~ControlPlane() = default;

base::Task<void> ControlPlane::start() {
  if (state_->hosts) state_->hosts->start();
  if (state_->containers) state_->containers->start();
  if (state_->expiry) state_->expiry->start();
  co_return;
}

base::Task<void> ControlPlane::stop() {
  if (state_->expiry) co_await state_->expiry->stop();
  if (state_->containers) co_await state_->containers->stop();
  if (state_->hosts) co_await state_->hosts->stop();
  co_await state_->pulls.stop();
  co_await state_->engines->shutdown();
}

void ControlPlane::resync() { state_->engines->resync_all(); }

}  // namespace berth::cmd
