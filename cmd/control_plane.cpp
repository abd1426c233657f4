// SPDX-License-Identifier: Apache-2.0
#include "cmd/control_plane.hpp"

#include "controller/change_feed.hpp"
#include "controller/controller.hpp"
#include "controller/event_expiry.hpp"
#include "controller/garbage_collector.hpp"
#include "controller/namespace_reconciler.hpp"
#include "controller/service_accounts.hpp"
#include "docker/engines.hpp"
#include "reconcilers/container/container_reconciler.hpp"
#include "reconcilers/container/namespace_policy.hpp"
#include "reconcilers/engine_port.hpp"
#include "reconcilers/host/host_reconciler.hpp"
#include "reconcilers/object/network_reconciler.hpp"
#include "reconcilers/object/volume_reconciler.hpp"
#include "reconcilers/pass/wakes.hpp"
#include "reconcilers/registry/pulls.hpp"
#include "reconcilers/registry/registry_reconciler.hpp"
#include "reconcilers/stack/stack_reconciler.hpp"
#include "resources/engine_view.hpp"

namespace berth::cmd {
namespace {

const std::vector<std::string> kControllers{"clusterrole-aggregation",
                                            "composestack",
                                            "container",
                                            "event-expiry",
                                            "garbage-collector",
                                            "host",
                                            "namespace",
                                            "network",
                                            "registry",
                                            "serviceaccount",
                                            "serviceaccount-token",
                                            "volume"};
// Of the loops that write a line now and then.
constexpr std::size_t kFewWorkers = 2;

// An engine that hangs is known to within 15 s: 5 s of silence, a list that is late, a ping that is.
constexpr std::chrono::seconds kSilence{5};
constexpr std::chrono::seconds kLate{5};

docker::EnginesOptions engines_options() {
  docker::EnginesOptions options;
  options.liveness_period = kSilence;
  options.probe_limit = kLate;
  return options;
}

}  // namespace

struct ControlPlane::State {
  State(resources::Resources& resources, base::Clock& clock, base::Metrics& metrics, base::Executor loop)
      : wakes(resources),
        ssh(loop, metrics),
        engines(docker::Engines::make(metrics, clock, engines_options())),
        pulls(resources, clock, loop, [this](controller::Key key) { wakes.wake_container(std::move(key)); }),
        port(resources, *engines, pulls, clock),
        changes(resources, clock, loop) {
    resources.engines().serve(port);
    engines->listen([this](const docker::EngineChange& change) { wakes.on_change(change); });
  }

  reconcilers::BetweenPasses between;
  reconcilers::Wakes wakes;
  docker::SshHub ssh;
  std::unique_ptr<docker::Engines> engines;
  reconcilers::Pulls pulls;
  reconcilers::DockerPort port;
  std::unique_ptr<controller::Controller> hosts;
  std::unique_ptr<controller::Controller> containers;
  std::unique_ptr<controller::Controller> registries;
  reconcilers::NameWaits network_waits;
  std::unique_ptr<controller::Controller> networks;
  reconcilers::NameWaits volume_waits;
  std::unique_ptr<controller::Controller> volumes;
  reconcilers::NameWaits stack_waits;  // none: a stack's objects wait
  std::unique_ptr<controller::Controller> stacks;
  std::unique_ptr<controller::EventExpiry> expiry;
  std::unique_ptr<controller::Controller> namespaces;
  std::vector<std::unique_ptr<controller::Controller>> identity;  // accounts, their tokens, roles, policies
  std::unique_ptr<controller::GarbageCollector> garbage;
  controller::ChangeFeed changes;  // to stacks, namespaces and the collector
};

ControlPlane::ControlPlane(resources::Resources& resources, base::Clock& clock, base::Metrics& metrics,
                           base::Executor loop, const std::string& controllers, const std::string& ca)
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
    s.hosts = control(std::make_unique<reconcilers::HostReconciler>(resources, *s.engines, s.ssh, clock, loop));
  }
  if (runs("container")) {
    s.containers = control(
        std::make_unique<reconcilers::ContainerReconciler>(resources, *s.engines, s.pulls, s.between, clock, loop));
  }
  if (runs("network")) {
    s.networks = control(std::make_unique<reconcilers::NetworkReconciler>(
        reconcilers::ObjectTools{resources, *s.engines, clock, s.network_waits}));
  }
  if (runs("volume")) {
    s.volumes = control(std::make_unique<reconcilers::VolumeReconciler>(
        reconcilers::ObjectTools{resources, *s.engines, clock, s.volume_waits}));
  }
  if (runs("registry")) {
    s.registries = control(std::make_unique<reconcilers::RegistryReconciler>(
        resources, clock, [&s](controller::Key key) { s.wakes.wake_container(std::move(key)); }));
  }
  if (runs("composestack")) {
    s.stacks = control(std::make_unique<reconcilers::StackReconciler>(reconcilers::StackTools{
        resources, *s.engines, clock, [&s](controller::Key key) { s.wakes.wake_container(std::move(key)); }}));
    s.changes.listen([&s](const resources::ObjectChange& change) {
      const auto key = reconcilers::StackReconciler::concerned(change);
      if (key) s.stacks->wake(*key);
    });
  }
  if (runs("event-expiry")) s.expiry = std::make_unique<controller::EventExpiry>(resources, clock, loop);
  if (runs("namespace")) {
    s.namespaces = control(std::make_unique<controller::NamespaceReconciler>(resources, clock));
    s.changes.listen([&s](const resources::ObjectChange& change) {
      const auto key = controller::NamespaceReconciler::concerned(change);
      if (key) s.namespaces->wake(*key);
    });
  }
  if (runs("garbage-collector")) {
    s.garbage = std::make_unique<controller::GarbageCollector>(resources, clock, metrics, loop);
    s.changes.listen([&s](const resources::ObjectChange& change) { s.garbage->saw(change); });
  }
  const auto keep = [&](std::unique_ptr<controller::Reconciler> reconciler) {
    controller::ControllerOptions options;
    options.places = kFewWorkers;
    s.identity.push_back(
        std::make_unique<controller::Controller>(std::move(reconciler), resources, clock, metrics, loop, options));
  };
  if (runs("container")) {
    keep(std::make_unique<reconcilers::NamespacePolicy>(
        resources, [&s](controller::Key key) { s.wakes.wake_container(std::move(key)); }));
  }
  if (runs("clusterrole-aggregation")) keep(std::make_unique<controller::RoleAggregation>(resources));
  if (runs("serviceaccount")) {
    keep(std::make_unique<controller::DefaultAccounts>(resources));
    keep(std::make_unique<controller::AccountKeeper>(resources));
  }
  if (runs("serviceaccount-token")) keep(std::make_unique<controller::TokenSecrets>(resources, ca));
  s.wakes.join_hosts(s.hosts.get());
  s.wakes.join("ComposeStack", s.stacks.get(), s.stack_waits);
  s.wakes.join("Container", s.containers.get(), s.between.names);
  s.wakes.join("Network", s.networks.get(), s.network_waits);
  s.wakes.join("Volume", s.volumes.get(), s.volume_waits);
}

ControlPlane::~ControlPlane() = default;

base::Task<void> ControlPlane::start() {
  if (state_->hosts) state_->hosts->start();
  if (state_->networks) state_->networks->start();
  if (state_->volumes) state_->volumes->start();
  if (state_->containers) state_->containers->start();
  if (state_->registries) state_->registries->start();
  if (state_->stacks) state_->stacks->start();
  if (state_->expiry) state_->expiry->start();
  if (state_->namespaces) state_->namespaces->start();
  if (state_->garbage) state_->garbage->start();
  for (const auto& each : state_->identity) each->start();
  if (state_->stacks || state_->namespaces || state_->garbage) state_->changes.start();
  co_return;
}

// All at once: each has passes that wait for hosts, and each turn of a loop with a thousand of them takes its time.
base::Task<void> ControlPlane::stop() {
  co_await state_->changes.stop();
  base::Scope stops(co_await base::this_loop(), "stops of controllers");
  for (const auto& each : state_->identity) stops.spawn(each->stop());
  if (state_->garbage) stops.spawn(state_->garbage->stop());
  if (state_->expiry) stops.spawn(state_->expiry->stop());
  for (const auto* each : {&state_->namespaces, &state_->stacks, &state_->registries, &state_->containers,
                           &state_->volumes, &state_->networks, &state_->hosts}) {
    if (*each) stops.spawn((*each)->stop());
  }
  co_await stops.join();
  co_await state_->pulls.stop();
  co_await state_->engines->shutdown();
  co_await state_->ssh.stop();
}

void ControlPlane::resync() { state_->engines->resync_all(); }

}  // namespace berth::cmd
