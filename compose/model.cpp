// SPDX-License-Identifier: Apache-2.0
#include "compose/model.hpp"

#include <algorithm>

#include "base/status.hpp"
#include "base/yaml.hpp"
#include "compose/dotenv.hpp"
#include "compose/loader.hpp"
#include "compose/normalize.hpp"
#include "compose/render.hpp"
#include "compose/resolve.hpp"
#include "compose/scalars.hpp"
#include "compose/secret_text.hpp"
#include "compose/variable_files.hpp"

namespace berth::compose {

namespace {

// The last `name:` of the files, as it is written.
std::string name_in_files(const Sources& sources) {
  std::string name;
  for (const std::string& file : sources.compose_files) {
    const std::string* text = find_file(sources, file);
    if (text == nullptr) continue;
    try {
      for (const base::YamlDocument& document : base::parse_yaml(*text, {}, {.tags = {"!reset", "!override"}})) {
        const std::string_view found = base::string_at(document.value, "name");
        if (!found.empty()) name = found;
      }
    } catch (const base::Status&) {
      return "";  // the loader says it better
    }
  }
  return name;
}

std::string project_name(const Sources& sources, const Environment& env) {
  if (!sources.project.empty()) {
    if (normalize_project_name(sources.project) == sources.project) return sources.project;
    refuse("name", "\"" + sources.project +
                       "\" is no project name: lower case letters, digits, '-' and '_', a letter or digit first");
  }
  return normalize_project_name(substitute(name_in_files(sources), lookup_in(env)));
}

Environment project_environment(const Sources& sources) {
  Environment env = sources.env;
  for (const auto& [name, value] : sources.secrets) env[name] = secret_mark(name);
  if (const std::string* text = find_file(sources, ".env")) {
    Environment read;
    try {
      read_env_file(*text, lookup_in(env), read);
    } catch (const base::Status& status) {
      throw status.with_prefix(".env");
    }
    env.merge(read);
  }
  return env;
}

bool is_enabled(const Json& service, const std::vector<std::string>& active) {
  const Json* profiles = base::find_path(service, "profiles");
  if (profiles == nullptr) return true;
  return std::any_of(active.begin(), active.end(), [&](const std::string& profile) {
    const auto& declared = profiles->get_array();
    return profile == "*" || std::find(declared.begin(), declared.end(), Json(profile)) != declared.end();
  });
}

std::string names_in(const JsonObject& services) {
  std::vector<std::string> names;
  for (const auto& member : services) names.emplace_back(member.key());
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

// Active profiles, and those of services that are named: to ask for one is to want it.
std::vector<std::string> active_profiles(const Sources& sources, const JsonObject& services) {
  std::vector<std::string> active = sources.profiles;
  for (const std::string& name : sources.services) {
    const Json* service = services.if_contains(name);
    if (service == nullptr) refuse("", "no such service: " + name + "; there are: " + names_in(services));
    if (is_enabled(*service, sources.profiles)) continue;
    const Json* profiles = base::find_path(*service, "profiles");
    for (const Json& profile : profiles->get_array()) active.push_back(scalar_text(profile));
  }
  return active;
}

// Leaves the named services and, near or far, what they depend on.
void keep_named(const std::vector<std::string>& named, JsonObject& services, JsonObject& disabled) {
  std::set<std::string> kept;
  std::vector<std::string> next = named;
  while (!next.empty()) {
    const std::string name = std::move(next.back());
    next.pop_back();
    const Json* service = services.if_contains(name);
    if (service == nullptr || !kept.insert(name).second) continue;
    const Json* needs = base::find_path(*service, "depends_on");
    if (needs == nullptr || !needs->is_object()) continue;
    for (const auto& need : needs->get_object()) next.emplace_back(need.key());
  }
  JsonObject all = std::exchange(services, {});
  for (auto& member : all)
    (kept.contains(member.key()) ? services : disabled)[member.key()] = std::move(member.value());
}

std::set<std::pair<std::string, std::string>> relative_binds(const Json& file) {
  std::set<std::pair<std::string, std::string>> found;
  const Json* services = base::find_path(file, "services");
  if (services == nullptr) return found;
  for (const auto& service : services->get_object()) {
    const Json* mounts = base::find_path(service.value(), "volumes");
    if (mounts == nullptr) continue;
    for (const Json& mount : mounts->get_array()) {
      if (mount.get_object().contains(kWasRelative)) found.emplace(service.key(), base::string_at(mount, "target"));
    }
  }
  return found;
}

// Values of variables are no part of the model that is shown.
Environment take_contents(Json& file) {
  Environment contents;
  for (const char* section : {"configs", "secrets"}) {
    const Json* resources = base::find_path(file, section);
    if (resources == nullptr || !resources->is_object()) continue;
    for (const auto& member : resources->get_object()) {
      const Json* content = member.value().get_object().if_contains(kContentOfVariable);
      if (content != nullptr) contents[member_path(section, member.key())] = scalar_text(*content);
    }
  }
  return contents;
}

// deploy.replicas says what scale says.
void level_replicas(Json& service) {
  const Json* scale = base::find_path(service, "scale");
  Json* deploy = base::find_path(service, "deploy");
  if (scale != nullptr && deploy != nullptr) deploy->get_object().emplace("replicas", *scale);
}

JsonObject render_file(const Json& file, Problems& warnings) {
  JsonObject shown;
  for (const Field& field : compose_file().fields) {
    const Json* found = file.get_object().if_contains(field.name);
    if (found == nullptr || field.shape.kind != Kind::Map || field.name == "models") continue;
    Json section = render(field.shape, *found, std::string(field.name), warnings);
    if (!section.get_object().empty()) shown[field.name] = std::move(section);
  }
  for (const auto& member : file.get_object()) {
    if (member.key().starts_with("x-")) shown[member.key()] = member.value();
  }
  return shown;
}

}  // namespace

std::string declared_project(const Sources& sources) {
  return normalize_project_name(substitute(name_in_files(sources), lookup_in(project_environment(sources))));
}

Model load_model(const Sources& sources) {
  Model model;
  Environment env = project_environment(sources);
  const std::string project = project_name(sources, env);
  env["COMPOSE_PROJECT_NAME"] = project;
  Json file = Loader(sources, model.warnings).load(env);
  if (file.get_object().empty()) refuse("", "the compose file is empty");
  if (project.empty()) refuse("name", "the project needs a name");
  normalize(file, project, env);
  model.contents = take_contents(file);
  model.relative = relative_binds(file);

  JsonObject shown = render_file(file, model.warnings);
  JsonObject enabled;
  const Json* all = shown.if_contains("services");
  const std::vector<std::string> profiles = active_profiles(sources, all == nullptr ? JsonObject() : all->get_object());
  if (all != nullptr) {
    for (const auto& member : all->get_object()) {
      Json shown_service = member.value();
      level_replicas(shown_service);
      JsonObject& place = is_enabled(member.value(), profiles) ? enabled : model.disabled;
      place[member.key()] = std::move(shown_service);
    }
  }
  if (Json* jobs = shown.if_contains("jobs")) {
    JsonObject kept;
    for (const auto& member : jobs->get_object()) {
      if (is_enabled(member.value(), profiles)) kept[member.key()] = member.value();
    }
    *jobs = std::move(kept);
    if (jobs->get_object().empty()) shown.erase("jobs");
  }
  shown["name"] = Json(project);
  shown["services"] = std::move(enabled);
  if (const Json* models = file.get_object().if_contains("models")) {
    for (const auto& member : models->get_object()) model.models.emplace_back(member.key());
  }
  model.json = std::move(shown);
  throw_if_any(check_consistency(model));
  if (!sources.services.empty()) {
    keep_named(sources.services, model.json.get_object()["services"].get_object(), model.disabled);
  }
  VariableFiles files(sources, env);
  for (auto& member : model.json.get_object()["services"].get_object()) {
    files.resolve(member.value(), member_path("services", member.key()));
  }
  return model;
}

}  // namespace berth::compose
