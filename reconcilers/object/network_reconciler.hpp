// SPDX-License-Identifier: Apache-2.0
#pragma once
// Network: one network of an engine, made when it is not there, made anew only while no container is on it.
#include "reconcilers/object/object_reconciler.hpp"

namespace berth::reconcilers {

class NetworkReconciler : public ObjectReconciler {
 public:
  explicit NetworkReconciler(ObjectTools tools) : ObjectReconciler(tools, "Network", "networkID") {}

  ObjectPlan plan(const base::Json& object, const docker::Snapshot& snapshot) const override;

 protected:
  base::Task<void> call_engine(std::shared_ptr<docker::Engine> engine, base::Json object,
                               ObjectPlan plan) const override;
  base::Task<void> refresh(std::shared_ptr<docker::Engine> engine) const override;
  base::Task<Verdict> explain(std::shared_ptr<docker::Engine> engine, ObjectPlan plan,
                              base::Status error) const override;
};

}  // namespace berth::reconcilers
