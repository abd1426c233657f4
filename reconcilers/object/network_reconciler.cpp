// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/object/network_reconciler.hpp"

#include "base/log.hpp"
#include "base/status.hpp"
#include "reconcilers/host/engine_users.hpp"
#include "reconcilers/object/network_plan.hpp"
#include "reconcilers/pass/audited.hpp"
#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {

using base::Json;
using base::Task;

namespace {

Task<bool> is_there(docker::Client& client, std::string container) {
  try {
    co_await client.inspect_container(std::move(container));
    co_return true;
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::NotFound) throw;
  }
  co_return false;
}

// Names of the endpoints that an engine keeps of containers that are no more; they keep the network.
Task<std::vector<std::string>> find_lost_endpoints(docker::Engine& engine, const ObjectPlan& plan) {
  std::vector<std::string> lost;
  const Json network = co_await engine.client().inspect_network(plan.id);
  const Json* members = base::find_path(network, "Containers");
  if (!members || !members->is_object()) co_return lost;
  for (const auto& [key, endpoint] : members->get_object()) {
    // "ep-<id of the endpoint>" for one without a sandbox, else the container's id.
    const std::string name(base::string_at(endpoint, "Name"));
    if (name.empty()) continue;
    const bool named = co_await is_there(engine.client(), name);
    if (named) continue;
    const bool there = !key.starts_with("ep-") && co_await is_there(engine.client(), std::string(key));
    if (!there) lost.push_back(name);
  }
  co_return lost;
}

}  // namespace

ObjectPlan NetworkReconciler::plan(const Json& object, const docker::Snapshot& snapshot) const {
  const schemas::Network network = schemas::decode_network(object);
  const std::string name = engine_name(network);
  NetworkInput input;
  input.network = &network;
  input.instance = instance();
  // Below 1.44 an engine may have several of one name; the one of the object goes before.
  for (const auto& [id, each] : snapshot.networks) {
    if (base::string_at(each, "Name") != name) continue;
    const Holder holder = holder_of(object, &each);
    if (input.seen && holder.state != Holder::State::Ours) continue;
    input.seen = &each;
    input.holder = holder;
  }
  if (input.holder.state == Holder::State::Ours) {
    input.users = users_of_network(snapshot, std::string(base::string_at(*input.seen, "Id")), name);
  }
  return network.metadata.deletion_timestamp ? plan_network_deletion(input) : plan_network(input);
}

Task<void> NetworkReconciler::call_engine(std::shared_ptr<docker::Engine> engine, Json object, ObjectPlan plan) const {
  if (plan.step == ObjectPlan::Step::Create) {
    co_await engine->client().create_network(plan.body);
    co_return;
  }
  std::exception_ptr refusal;
  try {
    co_await engine->client().remove_network(plan.id);
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::Conflict) throw;
    refusal = std::current_exception();
  }
  if (!refusal) co_return;
  const std::vector<std::string> lost = co_await find_lost_endpoints(*engine, plan);
  if (lost.empty()) std::rethrow_exception(refusal);
  for (const std::string& name : lost) {
    base::log_warning("endpoint of a container that is no more",
                      {{"host", engine->host()}, {"network", plan.target}, {"container", name}});
    resources::EngineAction action = action_on(object, engine->host(), "disconnect", name);
    co_await act_beside(std::move(action), engine->client().free_endpoint(plan.id, name));
  }
  co_await engine->client().remove_network(plan.id);
}

Task<void> NetworkReconciler::refresh(std::shared_ptr<docker::Engine> engine) const {
  co_await engine->refresh_networks();
}

// 20.10 can lose count of a network's endpoints; then it refuses for ever to remove a network that nobody is on.
Task<Verdict> NetworkReconciler::explain(std::shared_ptr<docker::Engine> engine, ObjectPlan plan,
                                         base::Status error) const {
  const bool refused = plan.step == ObjectPlan::Step::Remove && error.reason() == base::Reason::Conflict;
  if (!refused) co_return co_await ObjectReconciler::explain(engine, plan, error);
  const Json network = co_await engine->client().inspect_network(plan.id);
  const Json* members = base::find_path(network, "Containers");
  if (members && members->is_object() && !members->get_object().empty()) {
    co_return Verdict{Truth::False, "InUse", error.message()};
  }
  co_return Verdict{Truth::False, "EndpointsLeaked",
                    error.message() + "; nothing is on it: restart the engine, which has lost count"};
}

}  // namespace berth::reconcilers
