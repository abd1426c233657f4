// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/container_reconciler.hpp"

namespace berth::reconcilers {

using base::Task;
using controller::Key;
using controller::Requeue;

ContainerReconciler::ContainerReconciler(resources::Resources& resources, docker::Engines& engines, Pulls& pulls,
                                         BetweenPasses& between, base::Clock& clock, base::Executor loop)
    : actions_(resources, clock, loop), tools_{resources, engines, clock, pulls, between, actions_, loop} {}

const schemas::Kind& ContainerReconciler::kind() const { return schemas::Catalog::instance().by_name("Container"); }

std::string ContainerReconciler::lane(const Key& key) const {
  const auto host = tools_.resources.referred(kind(), key.ns, key.name, "Host");
  return host ? host->name : "";
}

Task<Requeue> ContainerReconciler::reconcile(Key key) {
  const auto object = tools_.resources.find(kind(), key.ns, key.name);
  if (!object) {
    tools_.pulls.forget(key);
    tools_.between.forget(key);
    co_return Requeue::never();
  }
  ContainerPass pass(tools_, key, *object);
  Requeue again = Requeue::never();
  std::exception_ptr error;
  try {
    again = co_await run(pass);
  } catch (...) {
    error = std::current_exception();
  }
  // Also when this task is being cancelled: what was done is on record.
  co_await pass.finish();
  if (error) std::rethrow_exception(error);
  co_return again;
}

Task<Requeue> ContainerReconciler::run(ContainerPass& pass) {
  const HostView host = view_host(tools_.resources, tools_.engines, pass.host());
  const bool nothing_there = pass.orphans() || (host.state == HostView::State::Absent && pass.never_made());
  if (pass.deleting() && nothing_there) {
    co_await pass.release();
    co_return Requeue::never();
  }
  if (host.state == HostView::State::Starting) co_return Requeue::never();
  if (host.state != HostView::State::Usable) {
    co_await pass.report_unreachable(host.reachable);
    co_return Requeue::never();
  }
  co_await pass.examine();
  Plan plan = pass.plan();
  while (!plan.actions.empty() && !pass.suspended()) {
    const ContainerPass::Next next = co_await pass.act(plan);
    if (next == ContainerPass::Next::Anew) co_return Requeue::after(std::chrono::seconds(0));
    if (next == ContainerPass::Next::Wait && pass.look_again()) co_return Requeue::after(*pass.look_again());
    if (next == ContainerPass::Next::Wait) co_return Requeue::when_woken();
    co_await pass.examine();
    plan = pass.plan();
  }
  if (plan.release) {
    co_await pass.release();
    co_return Requeue::never();
  }
  co_await pass.report(plan);
  if (plan.look_again) co_return Requeue::after(*plan.look_again);
  co_return Requeue::never();
}

}  // namespace berth::reconcilers
