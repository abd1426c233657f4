// SPDX-License-Identifier: Apache-2.0
#include "resources/stack_sources.hpp"

#include <algorithm>

#include "compose/model.hpp"

namespace berth::resources {
namespace {

using base::JsonArray;

constexpr const char* kComposeFile = "compose.yaml";
// Where the files are, as far as paths in them go; nothing is read from there.
constexpr const char* kNowhere = "/stack";

const JsonArray& list_at(const Json& stack, std::string_view path) {
  static const JsonArray kNone;
  const Json* found = base::find_path(stack, path);
  return found != nullptr && found->is_array() ? found->get_array() : kNone;
}

std::string text_at(const Json& value, std::string_view path) { return std::string(base::string_at(value, path)); }

// What paths in the files start at.
std::string folder_of(const Json& stack) {
  const std::string folder = text_at(stack, "spec.hostDir");
  return folder.empty() ? kNowhere : compose::clean_path(folder);
}

// Whether somebody has set this member of the spec, rather than the server.
bool is_somebodys(const Json& stack, const std::string& member) {
  return std::ranges::any_of(list_at(stack, "metadata.managedFields"), [&member](const Json& entry) {
    return base::find_path(entry, "fieldsV1.f:spec.f:" + member) != nullptr;
  });
}

// Names after which no two meet: what a project may not hold is left out, and told apart by a hash.
std::string project_after(const std::string& ns, const std::string& name) {
  const std::string wanted = ns == "default" ? name : ns + "_" + name;
  const std::string project = compose::normalize_project_name(wanted);
  if (project == wanted) return project;
  const std::string hashed = compose::child_name(wanted + "/");
  return project + hashed.substr(hashed.size() - 9);  // "-" and 8 digits
}

}  // namespace

compose::Sources stack_sources(const Json& stack, StackVariables variables) {
  compose::Sources sources;
  sources.project = text_at(stack, "spec.project");
  sources.working_dir = folder_of(stack);
  sources.files[kComposeFile] = text_at(stack, "spec.compose");
  sources.compose_files = {kComposeFile};
  for (const Json& file : list_at(stack, "spec.files")) {
    const std::string path = compose::clean_path(base::string_at(file, "path"));
    sources.files.emplace(path, base::string_at(file, "content"));
    if (path == "compose.override.yaml" || path == "compose.override.yml") sources.compose_files.push_back(path);
  }
  for (const Json& profile : list_at(stack, "spec.profiles")) {
    if (profile.is_string()) sources.profiles.emplace_back(profile.get_string());
  }
  for (const Json& service : list_at(stack, "spec.services")) {
    if (service.is_string()) sources.services.emplace_back(service.get_string());
  }
  sources.env = std::move(variables.plain);
  sources.secrets = std::move(variables.secret);
  for (const Json& variable : list_at(stack, "spec.env")) {
    const bool elsewhere = base::find_path(variable, "valueFrom") != nullptr;
    if (!elsewhere) sources.env[text_at(variable, "name")] = base::string_at(variable, "value");
  }
  return sources;
}

compose::Expansion expand_stack(const Json& stack, StackVariables variables, compose::MissingPath missing_path) {
  const compose::Sources sources = stack_sources(stack, std::move(variables));
  const compose::Target target{text_at(stack, "metadata.name"), text_at(stack, "spec.host"),
                               text_at(stack, "spec.hostDir"), missing_path};
  compose::Expansion made = compose::expand(sources, target);
  if (!made.errors.empty()) return made;
  const std::string declared = compose::declared_project(sources);
  if (!declared.empty() && declared != made.project && !is_somebodys(stack, "project")) {
    made.warnings.push_back(
        {"name", "\"" + declared + "\" is ignored: the stack's project is \"" + made.project + "\", and stays so"});
  }
  return made;
}

std::string project_of(const Json& stack) {
  std::string project = text_at(stack, "spec.project");
  if (project.empty()) project = compose::declared_project(stack_sources(stack, {}));
  if (!project.empty()) return project;
  return project_after(text_at(stack, "metadata.namespace"), text_at(stack, "metadata.name"));
}

std::string to_text(const compose::Problem& problem) {
  return problem.path.empty() ? problem.message : problem.path + ": " + problem.message;
}

std::vector<base::Cause> causes_in(const Json& stack, const compose::Problems& errors) {
  const std::string folder = folder_of(stack) + "/";
  std::vector<base::Cause> causes;
  for (const compose::Problem& error : errors) {
    std::string text = to_text(error);
    if (text.starts_with(folder)) text.erase(0, folder.size());
    base::Cause cause{"FieldValueInvalid", "Invalid value: " + text, "spec.compose"};
    std::size_t index = 0;
    for (const Json& file : list_at(stack, "spec.files")) {
      const std::string field = "spec.files[" + std::to_string(index++) + "].content";
      if (text.starts_with(text_at(file, "path") + ": ")) cause.field = field;
    }
    causes.push_back(std::move(cause));
  }
  return causes;
}

}  // namespace berth::resources
