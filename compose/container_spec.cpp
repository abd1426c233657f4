// SPDX-License-Identifier: Apache-2.0
// What a container runs, and what it may use; declared in compose/expander.hpp.
#include <algorithm>
#include <cctype>
#include <chrono>

#include "base/crypto.hpp"
#include "compose/expander.hpp"
#include "compose/scalars.hpp"
#include "compose/secret_text.hpp"

namespace berth::compose {

namespace {

constexpr std::size_t kMaxDependencies = 256;  // as many as a Container may have

std::string_view text(const Instance& instance, std::string_view name) { return base::string_at(instance.spec, name); }

// What a Secret's data may call so.
std::string data_key(const std::string& name) {
  const bool fits = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  });
  return fits ? name : child_name(name);
}

void put_restart(const Instance& instance, JsonObject& made) {
  std::string policy(text(instance, "restart"));
  std::string count;
  if (const Json* deployed = base::find_path(instance.spec, "deploy.restart_policy")) {
    const std::string_view condition = base::string_at(*deployed, "condition");
    policy = condition.empty() ? "any" : condition;
    if (const Json* most = deployed->get_object().if_contains("max_attempts")) count = scalar_text(*most);
    for (const char* name : {"delay", "window"}) {
      if (deployed->get_object().contains(name)) {
        instance.with.warn(instance.path + ".deploy.restart_policy." + name, "the engine has its own times: ignored");
      }
    }
  } else if (policy.starts_with("on-failure:")) {
    count = policy.substr(11);
    policy = "on-failure";
  }
  const std::string path = instance.path + ".restart";
  if (policy.empty() || policy == "no" || policy == "none") {
    made["restartPolicy"] = "Never";
  } else if (policy == "always" || policy == "any") {
    made["restartPolicy"] = "Always";
  } else if (policy == "unless-stopped") {
    made["restartPolicy"] = "UnlessStopped";
  } else if (policy == "on-failure") {
    made["restartPolicy"] = "OnFailure";
    const auto most = read_integer(count);
    if (!count.empty() && !most) instance.with.fail(path, "\"" + count + "\" is no number of restarts");
    if (most && *most > 0) made["maximumRetryCount"] = *most;
  } else {
    instance.with.fail(path, "must be no, always, on-failure[:n] or unless-stopped, found \"" + policy + "\"");
  }
}

void put_pull_policy(const Instance& instance, JsonObject& made) {
  const std::string_view policy = text(instance, "pull_policy");
  if (policy == "always") {
    made["imagePullPolicy"] = "Always";
  } else if (policy == "never") {
    made["imagePullPolicy"] = "Never";
  } else if (!policy.empty() && policy != "missing") {
    instance.with.warn(instance.path + ".pull_policy", std::string(policy) + " is taken as missing");
  }
}

void put_labels(const Instance& instance, JsonObject& made) {
  JsonObject labels = members(instance.spec, "labels");
  labels["com.docker.compose.project"] = Json(instance.with.project);
  labels["com.docker.compose.service"] = Json(instance.service);
  labels["com.docker.compose.container-number"] = Json(std::to_string(instance.number));
  labels["com.docker.compose.oneoff"] = "False";
  labels["com.docker.compose.project.config_files"] = "berth";
  labels["com.docker.compose.project.working_dir"] = "berth";
  made["labels"] = std::move(labels);
  copy(instance.spec, "annotations", made, "annotations");
}

void put_logging(const Instance& instance, JsonObject& made) {
  const Json* logging = base::find_path(instance.spec, "logging");
  if (logging == nullptr || logging->get_object().empty()) return;
  JsonObject one;
  copy(*logging, "driver", one, "driver");
  copy(*logging, "options", one, "options");
  if (!one.contains("driver")) {
    one["driver"] = "json-file";
    instance.with.warn(instance.path + ".logging.driver", "not set: taken as json-file");
  }
  made["logging"] = std::move(one);
}

// A stack falls back where a Container would be refused.
void put_update(const Instance& instance, JsonObject& spec) {
  const Json* config = base::find_path(instance.spec, "deploy.update_config");
  if (config == nullptr) return;
  JsonObject update;
  const std::string path = instance.path + ".deploy.update_config";
  if (base::string_at(*config, "order") == "start-first") {
    const auto any = [&](std::string_view list, std::initializer_list<std::string_view> fixed) {
      const Json* found = spec.if_contains(list);
      if (found == nullptr) return false;
      return std::any_of(found->get_array().begin(), found->get_array().end(), [&](const Json& item) {
        return std::any_of(fixed.begin(), fixed.end(),
                           [&](std::string_view name) { return item.get_object().contains(name); });
      });
    };
    const bool stuck = spec.contains("containerRef") || spec.contains("macAddress") || spec.contains("networkMode") ||
                       any("ports", {"hostPort"}) || any("networks", {"ipv4Address", "ipv6Address"});
    if (stuck) {
      instance.with.warn(path + ".order", "two containers cannot have one port or address: stop-first");
    } else {
      update["order"] = "StartFirst";
    }
  }
  const std::string_view action = base::string_at(*config, "failure_action");
  if (action == "pause") update["onFailure"] = "Stall";
  if (action == "continue") instance.with.warn(path + ".failure_action", "continue is not supported: rollback");
  for (const char* name : {"parallelism", "delay", "monitor", "max_failure_ratio"}) {
    if (config->get_object().contains(name)) instance.with.warn(path + "." + name, "not supported: ignored");
  }
  if (!update.empty()) spec["update"] = std::move(update);
}

}  // namespace

JsonObject container_spec(const Instance& instance) {
  const std::string& name = instance.with.containers.at(instance.service)[instance.number - 1];
  JsonObject made{{"host", instance.with.target.host}, {"containerName", name}};
  copy(instance.spec, "image", made, "image");
  copy(instance.spec, "platform", made, "platform");
  put_pull_policy(instance, made);
  put_process(instance, made);
  put_environment(instance, made);
  put_files(instance, made);
  put_mounts(instance, made);
  put_network(instance, made);
  put_ports(instance, made);
  put_order(instance, made);
  put_restart(instance, made);
  put_resources(instance, made);
  put_health(instance, made);
  put_security(instance, made);
  put_devices(instance, made);
  put_labels(instance, made);
  put_logging(instance, made);
  put_update(instance, made);
  return made;
}

void put_process(const Instance& instance, JsonObject& made) {
  const Json& spec = instance.spec;
  const Json* entrypoint = base::find_path(spec, "entrypoint");
  const JsonArray& command = items(spec, "command");
  if (entrypoint != nullptr && entrypoint->is_array()) {
    const bool reset = entrypoint->get_array().empty();
    made["command"] = reset ? Json(JsonArray{""}) : *entrypoint;  // one empty word: the engine takes the image's away
    if (reset && command.empty()) {
      instance.with.fail(instance.path + ".entrypoint", "without an entrypoint there must be a command");
    }
  }
  if (!command.empty()) made["args"] = command;
  copy(spec, "user", made, "user");
  copy(spec, "working_dir", made, "workingDir");
  copy(spec, "hostname", made, "hostname");
  copy(spec, "domainname", made, "domainname");
  copy(spec, "stop_signal", made, "stopSignal");
  copy(spec, "init", made, "init");
  copy(spec, "tty", made, "tty");
  copy(spec, "stdin_open", made, "stdin");
  const auto grace = read_duration(text(instance, "stop_grace_period"));
  if (grace) made["stopTimeout"] = std::chrono::ceil<std::chrono::seconds>(*grace).count();
}

void put_health(const Instance& instance, JsonObject& made) {
  const Json* given = base::find_path(instance.spec, "healthcheck");
  if (given == nullptr) return;
  JsonObject check;
  if (base::bool_at(*given, "disable")) {
    check["test"] = JsonArray{"NONE"};
  } else {
    copy(*given, "test", check, "test");
    copy(*given, "interval", check, "interval");
    copy(*given, "timeout", check, "timeout");
    copy(*given, "retries", check, "retries");
    copy(*given, "start_period", check, "startPeriod");
    copy(*given, "start_interval", check, "startInterval");
  }
  if (!check.empty()) made["healthcheck"] = std::move(check);
}

void put_environment(const Instance& instance, JsonObject& made) {
  std::map<std::string, Json> sorted;
  for (const auto& member : members(instance.spec, "environment")) sorted.emplace(member.key(), member.value());
  JsonArray env;
  const std::string secret = child_name(instance.with.target.stack + "-env");
  for (const auto& [name, value] : sorted) {
    const std::string path = instance.path + ".environment." + name;
    if (value.is_null()) {
      instance.with.warn(path, "has no value here, and is left out");
    } else if (has_secret(value.get_string())) {
      const std::string key = data_key(instance.service + "." + name);
      instance.with.env_secret[key] = Json(base::to_base64(reveal(value.get_string(), instance.with.sources.secrets)));
      env.push_back(JsonObject{
          {"name", name}, {"valueFrom", JsonObject{{"secretKeyRef", JsonObject{{"name", secret}, {"key", key}}}}}});
    } else {
      env.push_back(JsonObject{{"name", name}, {"value", value}});
    }
  }
  if (!env.empty()) made["env"] = std::move(env);
}

void put_resources(const Instance& instance, JsonObject& made) {
  const Json& spec = instance.spec;
  JsonObject resources;
  const auto first = [&](std::string_view own, std::string_view deployed, const char* to) {
    const Json* found = base::find_path(spec, deployed);
    if (found == nullptr) found = base::find_path(spec, own);
    if (found != nullptr) resources[to] = Json(scalar_text(*found));
  };
  first("cpus", "deploy.resources.limits.cpus", "cpus");
  first("mem_limit", "deploy.resources.limits.memory", "memory");
  first("mem_reservation", "deploy.resources.reservations.memory", "memoryReservation");
  copy(spec, "memswap_limit", resources, "memorySwap");
  copy(spec, "cpuset", resources, "cpuset");
  const std::int64_t quota = base::int_at(spec, "cpu_quota");
  if (quota > 0 && !resources.contains("cpus")) {
    const double period = static_cast<double>(base::int_at(spec, "cpu_period", 100'000));
    resources["cpus"] = Json(scalar_text(Json(static_cast<double>(quota) / period)));
  }
  const std::int64_t pids = base::int_at(spec, "deploy.resources.limits.pids", base::int_at(spec, "pids_limit"));
  if (pids > 0) resources["pids"] = pids;
  if (!resources.empty()) made["resources"] = std::move(resources);
  copy(spec, "oom_score_adj", made, "oomScoreAdj");
  if (const Json* size = base::find_path(spec, "shm_size")) made["shmSize"] = *size;
}

// depends_on, and by the model whatever else implies it.
void put_order(const Instance& instance, JsonObject& made) {
  JsonArray depends_on;
  std::map<std::string, Json> sorted;
  for (const auto& member : members(instance.spec, "depends_on")) sorted.emplace(member.key(), member.value());
  for (const auto& [name, dependency] : sorted) {
    const auto others = instance.with.containers.find(name);
    if (others == instance.with.containers.end()) {
      if (base::bool_at(dependency, "required", true)) {
        instance.with.fail(instance.path + ".depends_on." + name, "that service is skipped, so this one cannot start");
      }
      continue;
    }
    const std::string_view condition = base::string_at(dependency, "condition");
    for (const std::string& other : others->second) {
      JsonObject one{{"containerRef", JsonObject{{"name", child_name(other)}}}};
      one["condition"] = condition == "service_healthy"   ? "Healthy"
                         : condition == "service_started" ? "Started"
                                                          : "Completed";
      if (base::bool_at(dependency, "restart")) one["restart"] = true;
      depends_on.push_back(std::move(one));
    }
  }
  if (depends_on.size() > kMaxDependencies) {
    return instance.with.fail(instance.path + ".depends_on", "it waits for more than 256 containers");
  }
  if (!depends_on.empty()) made["dependsOn"] = std::move(depends_on);
}

}  // namespace berth::compose
