// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/host/host_reconciler.hpp"

#include "reconcilers/host/host_access.hpp"
#include "reconcilers/host/host_status.hpp"
#include "reconcilers/host/host_users.hpp"
#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {

using base::Task;
using controller::Key;
using controller::Requeue;

namespace {

// A Host that is going looks again who still uses it: that is rare, and to be told of every write of what is on hosts
// would cost all of them.
constexpr std::chrono::seconds kLookAgain{1};

}  // namespace

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
  const bool leaving = host.metadata.deletion_timestamp.has_value();
  std::optional<Verdict> in_use;
  if (leaving) in_use = host_in_use(resources_, key.name);
  if (leaving && !in_use) {
    co_await resources_.remove_finalizer(resources::controller_caller("host"), kind(), "", key.name, host.metadata.uid,
                                         std::string(kHostFinalizer));
    co_return Requeue::never();
  }
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
  status = with_use(std::move(status), host, in_use, clock_.now());
  if (status != host.status) {
    co_await resources_.set_status(resources::controller_caller("host"), kind(), "", key.name, host.metadata.uid,
                                   schemas::encode(status));
  }
  co_return leaving ? Requeue::after(kLookAgain) : Requeue::never();
}

}  // namespace berth::reconcilers
