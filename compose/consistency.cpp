// SPDX-License-Identifier: Apache-2.0
// What does not fit together in a whole stack; declared in compose/model.hpp.
#include <algorithm>
#include <map>
#include <set>

#include "compose/model.hpp"
#include "compose/scalars.hpp"

namespace berth::compose {

namespace {

const JsonArray kNoItems;
const JsonObject kNoMembers;

const JsonArray& items(const Json& value, std::string_view dotted) {
  const Json* found = base::find_path(value, dotted);
  return found != nullptr && found->is_array() ? found->get_array() : kNoItems;
}

const JsonObject& members(const Json& value, std::string_view dotted) {
  const Json* found = base::find_path(value, dotted);
  return found != nullptr && found->is_object() ? found->get_object() : kNoMembers;
}

class Consistency {
 public:
  explicit Consistency(const Model& model)
      : model_(model), services_(members(model.json, "services")), jobs_(members(model.json, "jobs")) {}

  Problems check() {
    for (const auto& member : services_) check_service(member.key(), member.value());
    for (const auto& member : jobs_) check_job(member.key(), member.value());
    for (const auto& secret : members(model_.json, "secrets")) {
      const JsonObject& object = secret.value().get_object();
      if (object.contains("external") || object.contains("file") || object.contains("environment")) continue;
      add(member_path("secrets", secret.key()), "one of file, environment must be set, or external");
    }
    if (problems_.empty()) check_cycles();
    return std::move(problems_);
  }

 private:
  void add(std::string path, std::string message) { problems_.push_back({std::move(path), std::move(message)}); }

  bool has(const char* section, std::string_view name) const { return members(model_.json, section).contains(name); }

  void check_service(std::string_view name, const Json& service) {
    const std::string path = member_path("services", name);
    const JsonObject& attributes = service.get_object();
    if (!attributes.contains("image") && !attributes.contains("build") && !attributes.contains("provider")) {
      add(path, "neither image nor build is set");
    }
    check_build(service, path);
    check_names(service, path);
    check_depends_on(service, path);
    check_limits(service, path);
    check_replicas(service, path);
    check_mounts(service, path);
    const JsonArray& test = items(service, "healthcheck.test");
    if (!test.empty() && test[0] != "CMD" && test[0] != "CMD-SHELL" && test[0] != "NONE") {
      add(path + ".healthcheck.test", "must begin with CMD, CMD-SHELL or NONE, found \"" + scalar_text(test[0]) + "\"");
    }
    for (const Json& watch : items(service, "develop.watch")) {
      const std::string_view action = base::string_at(watch, "action");
      if (base::string_at(watch, "target").empty() && action != "rebuild" && action != "restart") {
        add(path + ".develop.watch", "target is required with action " + std::string(action));
      }
    }
  }

  void check_build(const Json& service, const std::string& path) {
    const Json* build = base::find_path(service, "build");
    if (build == nullptr) return;
    if (build->get_object().contains("dockerfile") && build->get_object().contains("dockerfile_inline")) {
      add(path + ".build", "only one of dockerfile, dockerfile_inline may be set");
    }
    for (const auto& context : members(*build, "additional_contexts")) {
      const std::string target = scalar_text(context.value());
      if (!target.starts_with("service:")) continue;
      const Json* other = services_.if_contains(target.substr(8));
      if (other == nullptr) other = model_.disabled.if_contains(target.substr(8));
      if (other == nullptr || !other->get_object().contains("build")) {
        add(path + ".build.additional_contexts", target + " is no service that is built");
      }
    }
    const JsonArray& platforms = items(*build, "platforms");
    const Json* platform = base::find_path(service, "platform");
    if (platform != nullptr && !platforms.empty() &&
        std::find(platforms.begin(), platforms.end(), *platform) == platforms.end()) {
      add(path + ".build.platforms", "must include " + scalar_text(*platform));
    }
    check_grants(*build, "secrets", path + ".build");
  }

  void check_grants(const Json& from, const char* section, const std::string& path) {
    std::size_t index = 0;
    for (const Json& grant : items(from, section)) {
      const std::string where = item_path(member_path(path, section), index++);
      const std::string_view source = base::string_at(grant, "source");
      if (!has(section, source)) add(where, "\"" + std::string(source) + "\" is not among the " + section);
    }
  }

  void check_names(const Json& service, const std::string& path) {
    const std::string_view mode = base::string_at(service, "network_mode");
    const JsonObject& networks = members(service, "networks");
    if (!mode.empty() && !networks.empty()) add(path, "only one of network_mode, networks may be set");
    if (mode.starts_with("service:") && !services_.contains(mode.substr(8))) {
      add(path + ".network_mode", "there is no service " + std::string(mode.substr(8)));
    }
    for (const auto& network : networks) {
      if (!has("networks", network.key())) {
        add(member_path(path + ".networks", network.key()), "there is no such network under networks");
      }
    }
    std::size_t index = 0;
    for (const Json& mount : items(service, "volumes")) {
      const std::string where = item_path(path + ".volumes", index++);
      const std::string source(base::string_at(mount, "source"));
      if (base::string_at(mount, "type") == "volume" && !source.empty() && !has("volumes", source)) {
        add(where, "there is no volume " + source + " under volumes");
      }
    }
    check_grants(service, "configs", path);
    check_grants(service, "secrets", path);
    for (const auto& model : members(service, "models")) {
      if (std::find(model_.models.begin(), model_.models.end(), model.key()) == model_.models.end()) {
        add(member_path(path + ".models", model.key()), "there is no such model under models");
      }
    }
  }

  void check_depends_on(const Json& service, const std::string& path) {
    for (const auto& dependency : members(service, "depends_on")) {
      const std::string where = member_path(path + ".depends_on", dependency.key());
      if (services_.contains(dependency.key())) continue;
      const bool disabled = model_.disabled.contains(dependency.key());
      if (disabled && !base::bool_at(dependency.value(), "required")) continue;
      if (disabled) {
        add(where, "the service is in a profile that is not active");
      } else if (jobs_.contains(dependency.key())) {
        add(where, "a service cannot depend on a job");
      } else {
        add(where, "there is no such service");
      }
    }
  }

  void check_limits(const Json& service, const std::string& path) {
    struct Pair {
      const char* attribute;
      const char* group;
      const char* field;
    };
    for (const Pair& pair : {Pair{"cpus", "limits", "cpus"}, Pair{"mem_limit", "limits", "memory"},
                             Pair{"pids_limit", "limits", "pids"}, Pair{"mem_reservation", "reservations", "memory"}}) {
      const Json* own = base::find_path(service, pair.attribute);
      const std::string group = std::string("deploy.resources.") + pair.group;
      const Json* deployed = base::find_path(service, group);
      if (own == nullptr || deployed == nullptr) continue;
      const Json* other = deployed->get_object().if_contains(pair.field);
      if (other == nullptr || !base::json_equal(*own, *other)) {
        add(path, std::string(pair.attribute) + " and " + group + "." + pair.field + " must say the same");
      }
    }
  }

  void check_replicas(const Json& service, const std::string& path) {
    const Json* scale = base::find_path(service, "scale");
    const Json* replicas = base::find_path(service, "deploy.replicas");
    if (scale != nullptr && replicas != nullptr && !base::json_equal(*scale, *replicas)) {
      add(path, "scale and deploy.replicas must say the same");
    }
    if (scale != nullptr && scale->get_int64() < 0) add(path + ".scale", "must be at least 0");
    if (replicas != nullptr && replicas->get_int64() < 0) add(path + ".deploy.replicas", "must be at least 0");
    const Json* count = scale != nullptr ? scale : replicas;
    if (count != nullptr && count->get_int64() > 1 && service.get_object().contains("container_name")) {
      add(path + ".container_name", "may not be set with more than one replica");
    }
  }

  void check_mounts(const Json& service, const std::string& path) {
    std::map<std::string, std::string> taken;
    const auto take = [&](const std::string& target, const std::string& where) {
      const auto [place, added] = taken.emplace(target, where);
      if (!added) add(where, target + " is already mounted by " + place->second);
    };
    std::size_t index = 0;
    for (const Json& tmpfs : items(service, "tmpfs")) {
      const std::string text = scalar_text(tmpfs);
      take(text.substr(0, text.find(':')), item_path(path + ".tmpfs", index++));
    }
    index = 0;
    for (const Json& mount : items(service, "volumes")) {
      take(std::string(base::string_at(mount, "target")), item_path(path + ".volumes", index++));
    }
  }

  void check_job(std::string_view name, const Json& job) {
    const std::string path = member_path("jobs", name);
    if (services_.contains(name) || model_.disabled.contains(name)) add(path, "is the name of a service, too");
    for (const auto& dependency : members(job, "depends_on")) {
      if (jobs_.contains(dependency.key()) || services_.contains(dependency.key())) continue;
      if (model_.disabled.contains(dependency.key()) && !base::bool_at(dependency.value(), "required")) continue;
      add(member_path(path + ".depends_on", dependency.key()), "there is no such service or job");
    }
  }

  void check_cycles() {
    std::set<std::string> done;
    for (const auto& member : services_) {
      std::vector<std::string> way;
      visit(std::string(member.key()), way, done);
      if (!problems_.empty()) return;
    }
  }

  void visit(const std::string& name, std::vector<std::string>& way, std::set<std::string>& done) {
    const auto start = std::find(way.begin(), way.end(), name);
    if (start != way.end()) {
      std::string text;
      for (auto step = start; step != way.end(); ++step) text += *step + " -> ";
      add(member_path("services", name) + ".depends_on", "a cycle: " + text + name);
      return;
    }
    const Json* service = services_.if_contains(name);
    if (service == nullptr || done.contains(name)) return;
    way.push_back(name);
    for (const auto& dependency : members(*service, "depends_on")) {
      visit(std::string(dependency.key()), way, done);
      if (!problems_.empty()) return;
    }
    way.pop_back();
    done.insert(name);
  }

  const Model& model_;
  const JsonObject& services_;
  const JsonObject& jobs_;
  Problems problems_;
};

}  // namespace

Problems check_consistency(const Model& model) { return Consistency(model).check(); }

}  // namespace berth::compose
