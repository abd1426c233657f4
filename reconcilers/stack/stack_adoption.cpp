// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/stack/stack_adoption.hpp"

#include <algorithm>
#include <set>

#include "reconcilers/pass/adopted.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;

constexpr const char* kProject = "com.docker.compose.project";
constexpr const char* kService = "com.docker.compose.service";
constexpr const char* kNumber = "com.docker.compose.container-number";
constexpr std::size_t kMostNamed = 5;

std::string label_at(const Json& child, const char* label) {
  const Json* labels = base::find_path(child, "spec.labels");
  const Json* value = labels == nullptr || !labels->is_object() ? nullptr : labels->get_object().if_contains(label);
  return value == nullptr || !value->is_string() ? "" : std::string(value->get_string());
}

// Nobody's by its labels, and a part of the project as it runs.
bool is_foreign(const docker::ContainerView& view) {
  const auto oneoff = view.labels.find("com.docker.compose.oneoff");
  return !view.labels.contains(kInstanceLabel) && (oneoff == view.labels.end() || oneoff->second != "True");
}

}  // namespace

bool asks_to_adopt(const schemas::ComposeStack& stack) {
  const auto wish = stack.metadata.annotations.find(kAdoptAnnotation);
  return wish != stack.metadata.annotations.end() && wish->second == "project";
}

std::string adopt_of(const Json& object) {
  const Json* annotations = base::find_path(object, "metadata.annotations");
  const Json* said = annotations == nullptr ? nullptr : annotations->as_object().if_contains(kAdoptAnnotation);
  return said == nullptr ? "" : std::string(said->as_string());
}

std::string adoptee_of(const schemas::ComposeStack& stack, const StackChild& child, const docker::Snapshot* snapshot) {
  if (child.name.kind != "Container" || snapshot == nullptr || !asks_to_adopt(stack)) return "";
  const std::string project = stack.spec.project.value_or("");
  const Json& wanted = child.configuration;
  const auto* named = snapshot->container_by_name(base::string_at(wanted, "spec.containerName"));
  if (named != nullptr && is_foreign(*named)) {
    const auto its = named->labels.find(kProject);
    if (its != named->labels.end() && its->second == project) return named->id;
  }
  for (const auto* view : snapshot->containers_with(
           {{kProject, project}, {kService, label_at(wanted, kService)}, {kNumber, label_at(wanted, kNumber)}})) {
    if (is_foreign(*view)) return view->id;
  }
  return "";
}

std::string token_for(const schemas::ComposeStack& stack, const StackChild& child, const docker::Snapshot* snapshot,
                      const ToldChild& told) {
  if (child.name.kind != "Container" || told.has_container || snapshot == nullptr) return told.token;
  std::string adoptee = adoptee_of(stack, child, snapshot);
  if (!adoptee.empty()) return adoptee;
  return find_adoptee(*snapshot, told.token) == nullptr ? "" : told.token;
}

void tell_adoptee(const schemas::ComposeStack& stack, const docker::Snapshot* snapshot, const Json* live,
                  StackChild& child) {
  ToldChild told;
  if (live != nullptr) {
    const bool adopted = !base::string_at(*live, "status.adopted").empty();
    told = {adopt_of(*live), adopted || !base::string_at(*live, "status.containerID").empty()};
  }
  const std::string token = token_for(stack, child, snapshot, told);
  if (!token.empty())
    child.configuration.at("metadata").as_object()["annotations"] = base::JsonObject{{kAdoptAnnotation, token}};
}

std::string adoption_step(const docker::Snapshot* snapshot, const Json& candidate) {
  const docker::ContainerView* adoptee = snapshot ? find_adoptee(*snapshot, adopt_of(candidate)) : nullptr;
  return adoptee == nullptr ? "" : "adopt " + adoptee->name;
}

std::vector<std::string> strangers_in(const resources::Resources& resources, const docker::Snapshot& snapshot,
                                      const schemas::ComposeStack& stack,
                                      const std::map<ChildName, std::string>& children) {
  std::set<std::string> adopted;
  for (const auto& [name, id] : children) adopted.insert(id);
  std::vector<std::string> found;
  for (const auto* view : snapshot.containers_with({{kProject, stack.spec.project.value_or("")}})) {
    const auto owner = owner_of(view->labels, resources.instance());
    const bool ours = owner && owner->ns == stack.metadata.ns && children.contains({"Container", owner->name});
    if (ours || adopted.contains(view->id)) continue;
    found.push_back("container " + view->name +
                    " bears the project's name, and is none of this stack's: it is left alone");
  }
  std::ranges::sort(found);
  return found;
}

std::string adoption_advice(const resources::Resources& resources, const docker::Snapshot& snapshot,
                            const schemas::ComposeStack& stack) {
  if (asks_to_adopt(stack)) return "";
  const std::string project = stack.spec.project.value_or("");
  std::vector<const docker::ContainerView*> views = snapshot.containers_with({{kProject, project}});
  std::erase_if(views, [](const docker::ContainerView* view) { return !is_foreign(*view); });
  if (views.empty()) return "";
  const auto adopted = adopted_on(resources, stack.spec.host);
  std::set<std::string> names;
  for (const auto* view : views) {
    if (!adopted.contains(view->id)) names.insert(view->name);
  }
  if (names.empty()) return "";
  std::string text = names.size() == 1 ? "container " : "containers ";
  std::size_t named = 0;
  for (const std::string& name : names) {
    if (named == kMostNamed) break;
    text += (named++ == 0 ? "" : ", ") + name;
  }
  if (named < names.size()) text += " and " + std::to_string(names.size() - named) + " more";
  return text + " of project " + project + (names.size() == 1 ? " was" : " were") +
         " made by somebody else; berth compose up --adopt takes over those that run as declared";
}

}  // namespace berth::reconcilers
