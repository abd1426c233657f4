// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/object/volume_reconciler.hpp"

#include "reconcilers/host/engine_users.hpp"
#include "reconcilers/object/volume_plan.hpp"
#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {

using base::Json;
using base::Task;

ObjectPlan VolumeReconciler::plan(const Json& object, const docker::Snapshot& snapshot) const {
  const schemas::Volume volume = schemas::decode_volume(object);
  const std::string name = engine_name(volume);
  const auto found = snapshot.volumes.find(name);
  VolumeInput input;
  input.volume = &volume;
  input.instance = instance();
  if (found != snapshot.volumes.end()) input.seen = &found->second;
  input.holder = holder_of(object, input.seen);
  if (input.holder.state == Holder::State::Ours) input.users = users_of_volume(snapshot, name);
  return volume.metadata.deletion_timestamp ? plan_volume_deletion(input) : plan_volume(input);
}

Task<void> VolumeReconciler::call_engine(std::shared_ptr<docker::Engine> engine, Json, ObjectPlan plan) const {
  if (plan.step == ObjectPlan::Step::Create) {
    // On a name that exists the engine gives what is there, whatever was asked for; the next plan sees whose it is.
    co_await engine->client().create_volume(plan.body);
  } else {
    co_await engine->client().remove_volume(plan.id);
  }
}

Task<void> VolumeReconciler::refresh(std::shared_ptr<docker::Engine> engine) const {
  co_await engine->refresh_volumes();
}

}  // namespace berth::reconcilers
