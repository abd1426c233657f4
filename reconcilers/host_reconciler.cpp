// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/host_reconciler.hpp"

#include "reconcilers/host_access.hpp"
#include "reconcilers/host_status.hpp"

namespace berth::reconcilers {

using base::Task;
using controller::Key;
using controller::Requeue;

HostReconciler::HostReconciler(resources::Resources& resources, docker::Engines& engines, docker::SshHub& ssh,
                               base::Clock& clock, base::Executor loop)
    : resources_(resources), engines_(engines), ssh_(ssh), clock_(clock), loop_(loop) {}

const schemas::Kind& HostReconciler::kind() const { return schemas::Catalog::instance().by_name("Host"); }

Task<Requeue> HostReconciler::reconcile(Key key) {
  const auto object = resources_.find(kind(), "", key.name);
  if (!object) {
    co_await engines_.remove(key.name);
    co_return Requeue::never();
  }
  const schemas::Host host = schemas::decode_host(object->parse());
  const HostAccess access = host_access(host.spec, resources_, ssh_);
  schemas::HostStatus status;
  if (access.refused) {
    co_await engines_.remove(key.name);
    status = refused_host_status(host, *access.refused, clock_.now());
  } else {
    engines_.configure(key.name, access.id, access.make, loop_);
    const auto engine = engines_.find(key.name);
    status = host_status(host, engine->state(), clock_.now());
  }
  if (status != host.status) {
    co_await resources_.set_status(resources::controller_caller("host"), kind(), "", key.name, host.metadata.uid,
                                   schemas::encode(status));
  }
  co_return Requeue::never();
}

}  // namespace berth::reconcilers
