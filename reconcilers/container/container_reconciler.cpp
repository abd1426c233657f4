// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/container_reconciler.hpp"

#include <algorithm>

#include "reconcilers/pass/names.hpp"
#include "resources/object/brief_parse.hpp"

namespace berth::reconcilers {

using base::Task;
using controller::Key;
using controller::Requeue;

namespace {

constexpr std::chrono::seconds kHiccup{5};

// Ready, or not, of the spec that it has now and on a host that was there.
bool is_settled(const resources::Object& stored) {
  const base::Json object = resources::parse_briefly(*stored.bytes);
  if (base::find_path(object, "metadata.deletionTimestamp")) return false;
  if (base::int_at(object, "status.observedGeneration") != base::int_at(object, "metadata.generation")) return false;
  const base::Json* conditions = base::find_path(object, "status.conditions");
  if (conditions == nullptr || !conditions->is_array()) return false;
  return std::ranges::any_of(conditions->get_array(), [](const base::Json& each) {
    return base::string_at(each, "type") == "HostReachable" && base::string_at(each, "status") == "True";
  });
}

bool is_made_by(const docker::ContainerView& view, const UnfinishedCreates::Create& create) {
  const auto uid = view.labels.find(kUidLabel);
  return uid != view.labels.end() && uid->second == create.uid;
}

// A link that breaks is back within seconds, mostly: two writes for each object on the host, which tell nobody
// anything, would be what that costs. So a host that has just gone is waited for that long, and only then it is said.
// What was never reached, is going, or has a new spec, says so at once.
std::optional<std::chrono::milliseconds> hiccup_left(const ContainerTools& tools, const std::string& host,
                                                     const resources::Object& object) {
  const auto engine = tools.engines.find(host);
  if (!engine) return std::nullopt;
  const docker::EngineState state = engine->state();
  if (state.reachable != docker::Reachability::Unreachable) return std::nullopt;
  const auto left = state.away_since + kHiccup - tools.clock.steady_now();
  if (left <= left.zero() || !is_settled(object)) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(left);
}

// The volumes that the engine made for it go with it; those that were handed down to it hold data, and stay.
Task<void> remove_created(std::shared_ptr<docker::Engine> engine, std::string id) {
  using docker::Client;
  co_await engine->client().remove_container(id, Client::RemoveMode::Stopped, Client::AnonymousVolumes::Remove);
  co_await engine->refresh_container(id);
}

}  // namespace

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
    co_return co_await take_back(key);
  }
  if (const auto left = hiccup_left(tools_, lane(key), *object)) co_return Requeue::after(*left);
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

// What a create has left that took its effect when its object was gone, by the very name and uid. Whatever was started
// since is in use, and whatever this process has not asked for itself is nobody's to remove.
Task<Requeue> ContainerReconciler::take_back(Key key) {
  const auto create = tools_.between.creates.find(key, tools_.clock.steady_now());
  if (!create) co_return Requeue::never();
  const HostView host = view_host(tools_.resources, tools_.engines, create->host);
  const docker::ContainerView* made = host.snapshot ? host.snapshot->container_by_name(create->container) : nullptr;
  if (!made || !is_made_by(*made, *create)) co_return Requeue::after(UnfinishedCreates::kLookAgain);
  if (made->state == "created") {
    resources::EngineAction record;
    record.action = "remove";
    record.host = create->host;
    record.target = create->container;
    record.kind = kind().kind;
    record.ns = key.ns;
    record.name = key.name;
    record.uid = create->uid;
    auto removal = remove_created(host.engine, made->id);
    co_await audited(tools_.resources, tools_.clock, container_caller(), record, std::move(removal));
  }
  tools_.between.creates.end(key);
  co_return Requeue::never();
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
