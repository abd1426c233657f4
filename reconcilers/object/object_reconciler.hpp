// SPDX-License-Identifier: Apache-2.0
#pragma once
// The road of kinds that are one thing on one engine beside containers: read, plan, act, report. Runs on the loop that
// the engines are on. A call that fails is in status, in the engine's words, and is tried again with the queue's
// delays.
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "reconcilers/host/host_view.hpp"
#include "reconcilers/object/object_plan.hpp"
#include "reconcilers/pass/name_waits.hpp"

namespace berth::reconcilers {

// What such reconcilers are made with; all of it outlives them.
struct ObjectTools {
  resources::Resources& resources;
  docker::Engines& engines;
  base::Clock& clock;
  NameWaits& waits;  // of this kind: for which container an object waits to let go
};

class ObjectReconciler : public controller::Reconciler {
 public:
  // `id_fact` is the member of status that is set once there is something on the engine.
  ObjectReconciler(ObjectTools tools, std::string_view kind, std::string id_fact);

  const schemas::Kind& kind() const override { return kind_; }
  base::Task<controller::Requeue> reconcile(controller::Key key) override;
  // Its host, which never changes.
  std::string lane(const controller::Key& key) const override;

  // What is next for an object, by what was last seen of its engine.
  virtual ObjectPlan plan(const base::Json& object, const docker::Snapshot& snapshot) const = 0;

 protected:
  // The call of the plan's step, for `object`.
  virtual base::Task<void> call_engine(std::shared_ptr<docker::Engine> engine, base::Json object,
                                       ObjectPlan plan) const = 0;
  // Brings what the call did into the snapshot.
  virtual base::Task<void> refresh(std::shared_ptr<docker::Engine> engine) const = 0;
  // What there is to say of a call that failed.
  virtual base::Task<Verdict> explain(std::shared_ptr<docker::Engine> engine, ObjectPlan plan,
                                      base::Status error) const;

  Holder holder_of(const base::Json& object, const base::Json* seen) const;
  const std::string& instance() const { return tools_.resources.instance(); }
  // A call beside that of the step, between records of its own. Throws what it throws.
  base::Task<void> act_beside(resources::EngineAction action, base::Task<void> call) const;

 private:
  struct Pass;
  base::Task<controller::Requeue> run(Pass& pass);
  ObjectPlan plan_anew(Pass& pass) const;
  base::Task<void> act(Pass& pass, const ObjectPlan& planned);
  base::Task<void> perform(Pass& pass, ObjectPlan planned);
  base::Task<void> report(Pass& pass, const ObjectPlan& planned);
  base::Task<void> report_unreachable(Pass& pass, const Verdict& host);
  base::Task<void> write(Pass& pass, base::JsonObject status);
  base::Task<void> release(Pass& pass);
  void note_wait(const Pass& pass, const ObjectPlan& planned) const;

  ObjectTools tools_;
  const schemas::Kind& kind_;
  std::string id_fact_;
  resources::Caller caller_;
};

}  // namespace berth::reconcilers
