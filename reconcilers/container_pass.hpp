// SPDX-License-Identifier: Apache-2.0
#pragma once
// One pass over one Container: what was read for it, and how its actions and its status are done. It lives for one
// reconcile() and remembers nothing beyond.
#include <optional>
#include <set>
#include <string>

#include "reconcilers/container_actions.hpp"
#include "reconcilers/host_view.hpp"
#include "reconcilers/pulls.hpp"

namespace berth::reconcilers {

// What the passes of all containers share; outlives them.
struct ContainerTools {
  resources::Resources& resources;
  docker::Engines& engines;
  base::Clock& clock;
  Pulls& pulls;
  ContainerActions& actions;
};

class ContainerPass {
 public:
  ContainerPass(ContainerTools tools, controller::Key key, const resources::Object& object);

  bool deleting() const { return container_.metadata.deletion_timestamp.has_value(); }
  bool orphans() const { return container_.spec.deletion_policy == "Orphan"; }
  bool suspended() const { return container_.spec.suspend && !deleting(); }
  // Never made on any engine, as far as status tells.
  bool never_made() const { return !container_.status.container_id; }
  const std::string& host() const { return container_.spec.host; }

  // What is to be done, by the newest snapshot.
  Plan plan();
  enum class Next { Again, Wait };
  // Does the first action. Wait: a pull is on its way, and wakes the object at its end. Throws what the engine said,
  // once status says it, too; a failed step of a replace is recorded instead, and leads back.
  base::Task<Next> act(const Plan& plan);
  // Writes status where it differs.
  base::Task<void> report(const Plan& plan);
  base::Task<void> report_unreachable(const Verdict& host);
  base::Task<void> release();

 private:
  PlanInput plan_input(const HostView& view) const;
  ImageView image_view(const docker::Snapshot& snapshot) const;
  base::Task<Next> pull(Plan plan);
  base::Task<void> pin(const Action& action, Plan plan);
  base::Task<void> fail_update(const Plan& plan, std::string reason);
  base::Task<Next> act_on_engine(const Plan& plan, const Action& action);
  base::Task<void> report_error(Plan plan, const Action& action, const base::Status& error);
  base::Task<void> write(schemas::ContainerStatus status);
  base::Task<void> note(resources::EventNote note);
  void guard_against_circles(const Action& action);

  ContainerTools tools_;
  controller::Key key_;
  base::Json object_;
  schemas::Container container_;
  ContainerInputs inputs_;
  std::string spec_hash_;
  PassMemory memory_;
  PlanInput input_;             // of the newest plan
  HostView view_;               // likewise
  std::set<std::string> done_;  // texts of the actions of this pass
};

}  // namespace berth::reconcilers
