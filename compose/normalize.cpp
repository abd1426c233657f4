// SPDX-License-Identifier: Apache-2.0
#include "compose/normalize.hpp"

#include <set>

#include "compose/merge.hpp"
#include "compose/scalars.hpp"
#include "compose/shapes.hpp"

namespace berth::compose {

namespace {

JsonObject* object_at(Json& value, std::string_view name) {
  Json* found = value.is_object() ? value.get_object().if_contains(name) : nullptr;
  return found != nullptr && found->is_object() ? &found->get_object() : nullptr;
}

// Every service and job.
template <class Visit>
void each_workload(Json& model, Visit visit) {
  for (const char* section : {"services", "jobs"}) {
    JsonObject* workloads = object_at(model, section);
    if (workloads == nullptr) continue;
    for (auto& member : *workloads) {
      if (member.value().is_object()) visit(member.value());
    }
  }
}

void add_default_network(Json& model) {
  bool used = false;
  each_workload(model, [&](Json& workload) {
    JsonObject& attributes = workload.get_object();
    if (attributes.contains("provider") || attributes.contains("network_mode")) return;
    const JsonObject* networks = object_at(workload, "networks");
    if (networks == nullptr || networks->empty()) attributes["networks"] = JsonObject{{"default", nullptr}};
    used = used || object_at(workload, "networks")->contains("default");
  });
  if (!used) return;
  Json& networks = model.get_object()["networks"];
  if (!networks.is_object()) networks = JsonObject{};
  networks.get_object().emplace("default", nullptr);
}

void depend(JsonObject& depends_on, const std::string& name, std::string_view restart) {
  JsonObject dependency{{"condition", "service_started"}, {"required", true}, {"restart", restart == "restart"}};
  depends_on.emplace(name, std::move(dependency));
}

void add_dependencies(Json& workload) {
  JsonObject depends_on;
  if (const JsonObject* given = object_at(workload, "depends_on")) depends_on = *given;
  const auto texts = [&](std::string_view name) {
    std::vector<std::string> made;
    const Json* list = workload.get_object().if_contains(name);
    if (list == nullptr || !list->is_array()) return made;
    for (const Json& item : list->get_array()) made.push_back(scalar_text(item));
    return made;
  };
  for (const std::string& link : texts("links")) {
    const std::size_t colon = link.find(':');
    const bool aliased = colon != std::string::npos && link.find(':', colon + 1) == std::string::npos;
    depend(depends_on, aliased ? link.substr(0, colon) : link, "restart");
  }
  for (const char* attribute : {"network_mode", "ipc", "pid", "uts", "cgroup"}) {
    const std::string_view shared = base::string_at(workload, attribute);
    if (shared.starts_with("service:")) depend(depends_on, std::string(shared.substr(8)), "restart");
  }
  for (const std::string& from : texts("volumes_from")) {
    if (!from.starts_with("container:")) depend(depends_on, from.substr(0, from.find(':')), "");
  }
  if (!depends_on.empty()) workload.get_object()["depends_on"] = std::move(depends_on);
}

void fill_pairs(Json& pairs, const Environment& env) {
  if (pairs.is_object()) {
    for (auto& member : pairs.get_object()) {
      const auto found = env.find(std::string_view(member.key()));
      if (member.value().is_null() && found != env.end()) member.value() = Json(found->second);
    }
  } else if (pairs.is_array()) {
    for (Json& entry : pairs.get_array()) {
      const auto found = entry.is_string() ? env.find(std::string_view(entry.get_string())) : env.end();
      if (found != env.end()) entry = Json(found->first + "=" + found->second);
    }
  }
}

// An argument that nobody gives a value is no argument.
void drop_unset(Json& pairs) {
  if (pairs.is_object()) {
    JsonObject kept;
    for (auto& member : pairs.get_object()) {
      if (!member.value().is_null()) kept[member.key()] = std::move(member.value());
    }
    pairs = std::move(kept);
  } else if (pairs.is_array()) {
    JsonArray kept;
    for (Json& entry : pairs.get_array()) {
      if (scalar_text(entry).find('=') != std::string::npos) kept.push_back(std::move(entry));
    }
    pairs = std::move(kept);
  }
}

void complete_build(Json& workload, const Environment& env) {
  JsonObject* build = object_at(workload, "build");
  if (build == nullptr) return;
  if (!build->contains("dockerfile") && !build->contains("dockerfile_inline")) (*build)["dockerfile"] = "Dockerfile";
  Json* args = build->if_contains("args");
  if (args == nullptr) return;
  fill_pairs(*args, env);
  drop_unset(*args);
}

// A hook before the start is its service's container, less the volumes, with what it says itself.
void inherit_hooks(Json& workload) {
  static const std::vector<Field> kContainer = container_fields();
  Json* hooks = workload.get_object().if_contains("pre_start");
  if (hooks == nullptr || !hooks->is_array()) return;
  JsonObject base;
  for (const Field& field : kContainer) {
    const Json* value = workload.get_object().if_contains(field.name);
    if (value != nullptr && field.name != "volumes") base[field.name] = *value;
  }
  for (Json& hook : hooks->get_array()) {
    if (hook.is_object()) hook = merge(service(), base, hook, "pre_start");
  }
}

void name_resources(Json& model, const std::string& project) {
  for (const char* section : {"networks", "volumes", "configs", "secrets"}) {
    JsonObject* resources = object_at(model, section);
    if (resources == nullptr) continue;
    for (auto& member : *resources) {
      if (!member.value().is_object()) member.value() = JsonObject{};
      JsonObject& resource = member.value().get_object();
      if (resource.contains("name")) continue;
      const std::string key(member.key());
      resource["name"] = base::bool_at(member.value(), "external") ? key : project + "_" + key;
    }
  }
}

}  // namespace

void normalize(Json& model, const std::string& project, const Environment& env) {
  add_default_network(model);
  each_workload(model, [&](Json& workload) {
    JsonObject& attributes = workload.get_object();
    if (base::string_at(workload, "pull_policy") == "if_not_present") attributes["pull_policy"] = "missing";
    complete_build(workload, env);
    if (Json* environment = attributes.if_contains("environment")) fill_pairs(*environment, env);
    add_dependencies(workload);
    if (Json* mounts = attributes.if_contains("volumes"); mounts != nullptr && mounts->is_array()) {
      for (Json& mount : mounts->get_array()) {
        mount.get_object()["target"] = Json(clean_path(base::string_at(mount, "target")));
      }
    }
    inherit_hooks(workload);
  });
  name_resources(model, project);
}

}  // namespace berth::compose
