// SPDX-License-Identifier: Apache-2.0
// A container that runs already is taken over as it is, or not at all.
#include "reconcilers/container/adoption.hpp"
#include "reconcilers/container/container_pass.hpp"

namespace berth::reconcilers {

using base::Task;

namespace {

// A stack tells its Containers what to take over, and no more once that is gone.
std::string way_on(const schemas::Container& container) {
  if (container.metadata.owner_references.empty()) return "";
  return ": declare it as it runs, or remove that container, and one is made as declared";
}

}  // namespace

// What stands for the object without its labels. By what was handled, so that one that the engine could not describe
// for a while is known again.
const docker::ContainerView* ContainerPass::adopted(const docker::Snapshot& snapshot) const {
  const auto& handled = container_.status.handled;
  if (!handled || !handled->adopt) return nullptr;
  const docker::ContainerView* view = find_adoptee(snapshot, handled->adopt->token);
  return view && !view->labels.contains(kInstanceLabel) ? view : nullptr;
}

// Of one without our labels a snapshot has no more than what is shown of it, until it is asked for; and what no list
// shows may be older than a session. One that is to be taken over is compared as it is now.
Task<void> ContainerPass::know_adoptee(const HostView& view) const {
  const auto& handled = container_.status.handled;
  const std::string pending = pending_adoption(container_);
  const std::string token = !pending.empty() || !handled || !handled->adopt ? pending : handled->adopt->token;
  const docker::ContainerView* adoptee = find_adoptee(*view.snapshot, token);
  if (!adoptee) co_return;
  if (pending.empty() && adoptee->extent == docker::ContainerView::Extent::Whole) co_return;
  co_await view.engine->refresh_container(adoptee->id);
}

// That one, and what the object is to take over.
void ContainerPass::add_adopted(const docker::Snapshot& snapshot, PlanInput& input) const {
  if (const docker::ContainerView* view = adopted(snapshot)) {
    input.adopted = view->id;
    input.owned.emplace_back(observe(*view)).spec_hash = container_.status.handled->adopt->spec_hash;
    return;
  }
  const std::string token = pending_adoption(container_);
  if (token.empty() || deleting() || !input.owned.empty()) return;
  input.adoption.emplace();
  const docker::ContainerView* adoptee = find_adoptee(snapshot, token);
  if (!adoptee) {
    input.adoption->problem = "host " + host() + " has no container with the id \"" + token + "\"";
    return;
  }
  input.adoption->id = adoptee->id;
  input.adoption->name = adoptee->name;
  if (adoptee->labels.contains(kInstanceLabel)) {
    const auto owner = owner_of(adoptee->labels, tools_.resources.instance());
    input.adoption->problem = "container " + adoptee->name + " belongs to " +
                              (owner ? "Container " + owner->ns + "/" + owner->name : "another berthd");
  }
}

// Only where nothing would be done to it: by its definition, name, networks and limits it is what is declared.
Task<ContainerPass::Next> ContainerPass::adopt(Plan plan, Action action) {
  const auto there = view_.snapshot->containers.find(action.id);
  if (there == view_.snapshot->containers.end()) co_return Next::Again;
  const std::shared_ptr<const docker::ContainerView> adoptee = there->second;
  const base::Json inspect = adoptee->inspect();
  const std::string image_id(base::string_at(inspect, "Image"));
  base::Json image = co_await view_.engine->client().inspect_image(image_id);
  const bool named = adoptee->name == input_.engine_name;
  const AdoptionInput input{container_,
                            inputs_,
                            input_.engine_name,
                            input_.image.here,
                            *adoptee,
                            std::move(image),
                            view_.engine->client().api(),
                            input_.networks,
                            named ? "" : input_.name_holder};
  std::string refused;
  for (const std::string& field : adoption_differences(input)) refused += (refused.empty() ? "" : ", ") + field;
  if (!refused.empty()) {
    refused = "container " + adoptee->name + " (" + adoptee->id.substr(0, 12) + ") differs in " + refused +
              "; nothing was changed" + way_on(container_);
  }
  const auto others = adopted_on(tools_.resources, host());
  if (const auto other = others.find(adoptee->id); other != others.end()) {
    refused = "container " + adoptee->name + " was adopted by Container " + other->second.ns + "/" + other->second.name;
  }
  if (!refused.empty()) {
    plan.stalled = "NameConflict";
    plan.ready = {Truth::False, *plan.stalled, refused};
    co_await report(plan);
    co_return Next::Wait;
  }
  co_await take_over(*adoptee, std::move(plan));
  co_return Next::Again;
}

Task<void> ContainerPass::take_over(const docker::ContainerView& adoptee, Plan plan) {
  schemas::ContainerAdoption adoption;
  adoption.token = container_.metadata.annotations.at(kAdoptAnnotation);
  adoption.spec_hash = spec_hash_;
  if (!container_.status.handled) container_.status.handled.emplace();
  container_.status.handled->adopt = std::move(adoption);
  plan.adopted = adoptee.id;
  schemas::ContainerStatus status = status_of(plan);
  resources::EngineAction record = action_on(object_, host(), "adopt", adoptee.name);
  co_await audited(tools_.resources, tools_.clock, container_caller(), std::move(record), write(std::move(status)));
  trail_.note({resources::EventNote::Type::Normal, "Adopted", "Adopted container " + adoptee.name + " as it runs"});
}

}  // namespace berth::reconcilers
