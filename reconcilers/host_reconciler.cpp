// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/host_reconciler.hpp"

#include "reconcilers/host_status.hpp"

namespace berth::reconcilers {

using base::Task;
using controller::Key;
using controller::Requeue;

HostReconciler::HostReconciler(resources::Resources& resources, docker::Engines& engines, base::Clock& clock,
                               base::Executor loop)
    : resources_(resources), engines_(engines), clock_(clock), loop_(loop) {}

const schemas::Kind& HostReconciler::kind() const { return schemas::Catalog::instance().by_name("Host"); }

Task<Requeue> HostReconciler::reconcile(Key key) {
  const auto object = resources_.find(kind(), "", key.name);
  if (!object) {
    co_await engines_.remove(key.name);
    co_return Requeue::never();
  }
  const schemas::Host host = schemas::decode_host(object->parse());
  std::optional<docker::EngineState> state;
  if (host.spec.local) {
    const std::string socket = host.spec.local->socket;
    engines_.configure(key.name, "unix://" + socket, [socket] { return docker::unix_connector(socket); }, loop_);
    if (const auto engine = engines_.find(key.name)) state = engine->state();
  } else {
    co_await engines_.remove(key.name);
  }
  const schemas::HostStatus status = host_status(host, state ? &*state : nullptr, clock_.now());
  if (status != host.status) {
    co_await resources_.set_status(resources::controller_caller("host"), kind(), "", key.name, host.metadata.uid,
                                   schemas::encode(status));
  }
  co_return Requeue::never();
}

}  // namespace berth::reconcilers
