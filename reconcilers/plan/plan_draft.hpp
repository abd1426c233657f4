// SPDX-License-Identifier: Apache-2.0
#pragma once
// A plan in the making: what every part of the planner reads and adds to. Private to the planner.
#include <string>

#include "reconcilers/plan/container_plan.hpp"
#include "reconcilers/plan/plan_roles.hpp"

namespace berth::reconcilers {

inline constexpr const char* kRestartAnnotation = "berth.dev/restartedAt";
inline constexpr const char* kRedeployAnnotation = "berth.dev/redeployedAt";
inline constexpr const char* kStopAnnotation = "berth.dev/stop";

class PlanDraft {
 public:
  explicit PlanDraft(const PlanInput& input);

  // Adds an action on `seen`; null for a container that this plan makes under `name`.
  Action& add(ActionType type, const Observed& seen, std::string subject = "");
  Action& add(ActionType type, std::string name, std::string subject = "");
  void stop(const Observed& seen, ReplaceStep step, std::string why);
  // Policy `no`, so that no restart of the engine revives it, then the stop.
  void retire(const Observed& seen, ReplaceStep policy_step, ReplaceStep stop_step, std::string why);
  // Stops it if it lives, and removes it.
  void remove(const Observed& seen, ReplaceStep stop_step, ReplaceStep remove_step, std::string why);
  // Files, where it was never started, and the start.
  void start(const Observed& seen, ReplaceStep step);
  void start_made(std::string name, ReplaceStep step);

  // What is wanted.
  bool one_shot() const { return spec.restart_policy == "Never" || spec.restart_policy == "OnFailure"; }
  // The old container of a replace serves until the new one is worth its place.
  bool starts_first() const { return wants_running() && spec.update.order == "StartFirst"; }
  bool wants_running() const { return spec.desired_state != "Stopped"; }
  // A restart token that has not been acted on: as far as status tells, and as `seen` shows.
  bool restart_pending() const;
  bool restart_pending(const Observed& seen) const;
  bool redeploy_pending() const;
  std::string annotation(const char* key) const;
  // Reason of the Ready condition as last reported.
  std::string last_reason() const;
  std::string last_message() const;  // beside that reason
  // `seen` is a one-shot that has run to its end, by itself or by a signal from outside.
  bool has_ended(const Observed& seen) const;
  // Status says that a one-shot of this very spec has run to its end, though its container is gone.
  bool end_on_record() const;
  // The update to this spec and image failed before.
  bool update_failed(const std::string& image) const;

  void say(Truth status, std::string reason, std::string message);
  void stall(std::string reason, std::string message);
  // `holder` has a name that is needed. Whatever becomes of it wakes the object.
  void conflict(const std::string& name, const std::string& holder);

  const PlanInput& in;
  const schemas::Container& object;
  const schemas::ContainerSpec& spec;
  const schemas::ContainerStatus& status;
  Plan plan;
};

// "Running": what a container is doing, for people.
std::string phase_of(const Observed& seen);
// Brings the one container, made as declared, to its name, limits, networks and state, and says how it is.
void converge(PlanDraft& draft, const Observed& current);
// Renames `seen` where it has not its own name; to `<name>__<8 digits of its id>` while another has that, since the one
// that it stands under may be another object's.
void settle_name(PlanDraft& draft, const Observed& seen);
// Connects and disconnects `seen` until its networks are as `wanted` says. A network that is not there is said.
void settle_networks(PlanDraft& draft, const Observed& seen, const schemas::ContainerSpec& wanted, ReplaceStep step);
// One step on from `old` to `next`, which may not be there yet; back to old after a failure.
void replace(PlanDraft& draft, const Observed& old, const Observed* next, const std::string& image);
// Makes a container under `name`, the image first. False when something is missing, which is then said.
enum class Made { Planned, Waiting };
Made create(PlanDraft& draft, const std::string& name, ReplaceStep step);
// Takes a redeploy token into account; gives the image id that a container must have, "" for not known yet.
std::string settle_image(PlanDraft& draft);

}  // namespace berth::reconcilers
