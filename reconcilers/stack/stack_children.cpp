// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/stack/stack_children.hpp"

#include <algorithm>
#include <set>

namespace berth::reconcilers {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;

constexpr const char* kProjectLabel = "com.docker.compose.project";

Json owner_reference(const schemas::ComposeStack& stack) {
  const schemas::Kind& kind = schemas::Catalog::instance().by_name("ComposeStack");
  return JsonObject{{"apiVersion", kind.api_version()}, {"kind", kind.kind},  {"name", stack.metadata.name},
                    {"uid", stack.metadata.uid},        {"controller", true}, {"blockOwnerDeletion", true}};
}

StackChild child_of(const schemas::ComposeStack& stack, Json object) {
  ChildName name{std::string(base::string_at(object, "kind")), std::string(base::string_at(object, "metadata.name"))};
  JsonObject& members = object.as_object();
  members["apiVersion"] = schemas::Catalog::instance().by_name(name.kind).api_version();
  JsonObject& metadata = members["metadata"].as_object();
  metadata["namespace"] = stack.metadata.ns;
  metadata["ownerReferences"] = JsonArray{owner_reference(stack)};
  return {std::move(name), std::move(object)};
}

const Json* controller_in(const Json& object) {
  const Json* owners = base::find_path(object, "metadata.ownerReferences");
  if (owners == nullptr || !owners->is_array()) return nullptr;
  for (const Json& owner : owners->get_array()) {
    if (base::bool_at(owner, "controller")) return &owner;
  }
  return nullptr;
}

std::string_view label_of(const Json& object, const char* label) {
  const Json* labels = base::find_path(object, "metadata.labels");
  const Json* value = labels == nullptr || !labels->is_object() ? nullptr : labels->get_object().if_contains(label);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

bool is_container(const Json& object) { return base::string_at(object, "kind") == "Container"; }

}  // namespace

std::string to_text(const ChildName& child) { return child.kind + " " + child.name; }

StackContent stack_content(const schemas::ComposeStack& stack, compose::Expansion expansion) {
  StackContent content;
  for (Json& object : expansion.objects) content.children.push_back(child_of(stack, std::move(object)));
  content.warnings = std::move(expansion.warnings);
  content.errors = std::move(expansion.errors);
  return content;
}

Standing standing_of(const schemas::ComposeStack& stack, const Json& object) {
  if (const Json* owner = controller_in(object)) {
    return base::string_at(*owner, "uid") == stack.metadata.uid ? Standing::Ours : Standing::Another;
  }
  const std::string_view project = label_of(object, kProjectLabel);
  return !project.empty() && project == stack.spec.project ? Standing::Free : Standing::Another;
}

std::string controller_of(const Json& object) {
  const Json* owner = controller_in(object);
  if (owner == nullptr) return "";
  return std::string(base::string_at(*owner, "kind")) + " " + std::string(base::string_at(*owner, "name"));
}

std::vector<std::string> dependencies_of(const Json& container) {
  std::vector<std::string> names;
  const Json* list = base::find_path(container, "spec.dependsOn");
  if (list == nullptr || !list->is_array()) return names;
  for (const Json& one : list->get_array()) names.emplace_back(base::string_at(one, "containerRef.name"));
  return names;
}

std::vector<const Json*> next_to_go(const std::vector<Json>& objects) {
  std::set<std::string> needed;
  std::vector<const Json*> containers;
  std::vector<const Json*> rest;
  for (const Json& object : objects) {
    if (!is_container(object)) {
      rest.push_back(&object);
      continue;
    }
    containers.push_back(&object);
    const std::string_view own = base::string_at(object, "metadata.name");
    for (std::string& name : dependencies_of(object)) {
      if (name != own) needed.insert(std::move(name));
    }
  }
  if (containers.empty()) return rest;
  std::vector<const Json*> free;
  std::ranges::copy_if(containers, std::back_inserter(free), [&needed](const Json* container) {
    return !needed.contains(std::string(base::string_at(*container, "metadata.name")));
  });
  return free.empty() ? containers : free;  // a circle that somebody has made since
}

}  // namespace berth::reconcilers
