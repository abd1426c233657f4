// SPDX-License-Identifier: Apache-2.0
#pragma once
// One pass over one Container: what was read for it, and how its actions and its status are done. It lives for one
// reconcile(); finish() comes before its end. How it comes by its image is in container_pass_pull.cpp, what it says of
// it all in container_pass_report.cpp.
#include <optional>
#include <set>
#include <string>

#include "reconcilers/container/between_passes.hpp"
#include "reconcilers/container/container_actions.hpp"
#include "reconcilers/host/host_view.hpp"
#include "reconcilers/plan/container_references.hpp"
#include "reconcilers/registry/pulls.hpp"
#include "reconcilers/registry/registry_choice.hpp"

namespace berth::reconcilers {

// What the passes of all containers share; outlives them.
struct ContainerTools {
  resources::Resources& resources;
  docker::Engines& engines;
  base::Clock& clock;
  Pulls& pulls;
  BetweenPasses& between;
  ContainerActions& actions;
  base::Executor loop;
  GivenObjects given = {};  // of a plan
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

  // Looks closer at containers that are ours by their labels only, or not yet; before each plan. Mostly there are none.
  base::Task<void> examine();
  // What is to be done, by the newest snapshot.
  Plan plan();
  // Again: plan again. Wait: something else comes first, and wakes the object. Anew: what is declared has changed, or
  // the object is gone, so this pass is over.
  enum class Next { Again, Wait, Anew };
  // Does the first action. Throws what the engine said, once status says it, too; a failed step of a replace is
  // recorded instead, and leads back.
  base::Task<Next> act(const Plan& plan);
  // After Wait: when to look again, where nothing else wakes the object.
  const std::optional<std::chrono::milliseconds>& look_again() const { return look_again_; }
  // Writes status where it differs.
  base::Task<void> report(const Plan& plan);
  base::Task<void> report_unreachable(const Verdict& host);
  base::Task<void> release();
  // Returns when everything that the pass has to tell is written.
  base::Scope::Join finish() { return trail_.join(); }

 private:
  static const schemas::Kind& kind();
  PlanInput plan_input(const HostView& view) const;
  std::string stranger_at(const docker::Snapshot& snapshot, const std::string& name) const;
  std::chrono::milliseconds age_of(const Observed& seen) const;
  void note_name_waits() const;
  const docker::ContainerView* adopted(const docker::Snapshot& snapshot) const;
  base::Task<void> know_adoptee(const HostView& view) const;
  void add_adopted(const docker::Snapshot& snapshot, PlanInput& input) const;
  base::Task<Next> adopt(Plan plan, Action action);
  base::Task<void> take_over(const docker::ContainerView& adoptee, Plan plan);
  ImageView image_view(const docker::Snapshot& snapshot) const;
  base::Task<Next> pull(Plan plan);
  base::Task<void> keep_up(const Plan& plan);
  base::Task<Next> report_pulling(Plan plan, const std::string& how_far);
  base::Task<Next> report_pull_failure(Plan plan, const base::Status& error, const RegistryChoice& choice);
  base::Task<Next> report_no_registry(Plan plan, const base::Status& error);
  base::Task<void> pin(Action action, Plan plan);
  base::Task<bool> is_for_platform(std::string image);
  base::Task<void> fail_update(const Plan& plan, std::string reason);
  void announce(const Plan& plan);
  base::Task<Next> act_on_engine(const Plan& plan, const Action& action);
  base::Task<void> perform(const Action& action, ContainerActions::Places places);
  bool is_told(const std::string& id, const std::string& hash) const;
  void doubt(Observed& seen) const;
  base::Task<void> compare(Observed seen, std::shared_ptr<docker::Engine> engine);
  void remember_made(const Action& action);
  bool looks_again(const Action& action, const base::Status& error);
  base::Task<Next> take_failure(const Plan& plan, const Action& action, const base::Status& error);
  bool outdated();
  bool is_wanted();
  void settle_create();
  bool crashed_before() const;  // as far as status tells
  void remember_start(const Action& action);
  void record_repair(const Action& action);
  std::string request_of(const Action& action) const;
  schemas::ContainerStatus status_of(const Plan& plan) const;
  base::Task<void> report_error(Plan plan, const Action& action, const base::Status& error);
  base::Task<void> write(schemas::ContainerStatus status);
  void guard_against_circles(const Action& action);

  ContainerTools tools_;
  controller::Key key_;
  base::Json object_;
  resources::Revision revision_;  // of the newest version that was seen to want the same
  schemas::Container container_;  // with the engine's names where it refers to objects
  ContainerReferences references_;
  std::vector<Dependency> dependencies_;
  std::string circle_;  // what they wait in, once one of them is not met
  ContainerInputs inputs_;
  std::string spec_hash_;
  PassMemory memory_;
  PlanInput input_;             // of the newest plan
  HostView view_;               // likewise
  std::set<std::string> done_;  // texts of the actions of this pass
  std::set<std::string> met_;   // likewise, of those for whose sake the engine was listed anew
  bool unsaved_ = false;        // container_.status holds what no record has yet
  std::optional<std::chrono::milliseconds> look_again_;
  ActionTrail trail_;
};

}  // namespace berth::reconcilers
