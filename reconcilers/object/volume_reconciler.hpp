// SPDX-License-Identifier: Apache-2.0
#pragma once
// Volume: one volume of an engine, made when it is not there, never made anew.
#include "reconcilers/object/object_reconciler.hpp"

namespace berth::reconcilers {

class VolumeReconciler : public ObjectReconciler {
 public:
  explicit VolumeReconciler(ObjectTools tools) : ObjectReconciler(tools, "Volume", "volumeName") {}

  ObjectPlan plan(const base::Json& object, const docker::Snapshot& snapshot) const override;

 protected:
  base::Task<void> call_engine(std::shared_ptr<docker::Engine> engine, base::Json object,
                               ObjectPlan plan) const override;
  base::Task<void> refresh(std::shared_ptr<docker::Engine> engine) const override;
};

}  // namespace berth::reconcilers
