// SPDX-License-Identifier: Apache-2.0
// What a container may do, its devices and namespaces, and what of a service no Container can say; declared in
// compose/expander.hpp.
#include "compose/expander.hpp"
#include "compose/scalars.hpp"

namespace berth::compose {

namespace {

void put_security_options(const Instance& instance, JsonObject& made) {
  JsonArray options;
  std::size_t index = 0;
  for (const Json& item : items(instance.spec, "security_opt")) {
    std::string option = scalar_text(item);
    const std::string path = item_path(instance.path + ".security_opt", index++);
    const std::size_t separator = option.find_first_of("=:");
    if (separator != std::string::npos) option[separator] = '=';
    if (option.starts_with("seccomp=") && option != "seccomp=unconfined" && !option.starts_with("seccomp={")) {
      const std::string file = option.substr(8);
      const std::string* profile = find_file(instance.with.sources, file);
      if (profile == nullptr) {
        instance.with.fail(path, "the profile " + file + " is not among the stack's files");
        continue;
      }
      option = "seccomp=" + *profile;
    }
    options.push_back(Json(option));
  }
  if (!options.empty()) made["securityOpt"] = std::move(options);
}

// host, or that of another container.
void put_namespace(const Instance& instance, std::string_view attribute, JsonObject& made) {
  const std::string mode(base::string_at(instance.spec, attribute));
  if (mode.empty()) return;
  if (!mode.starts_with("service:")) {
    made[attribute] = Json(mode);
    return;
  }
  const auto other = instance.with.containers.find(mode.substr(8));
  if (other == instance.with.containers.end() || other->second.empty()) {
    instance.with.fail(member_path(instance.path, attribute), "there is no container of " + mode);
  } else {
    made[attribute] = Json("container:" + other->second.front());
  }
}

void add_requests(const JsonArray& given, JsonArray& requests) {
  for (const Json& item : given) {
    JsonObject request;
    copy(item, "driver", request, "driver");
    copy(item, "device_ids", request, "deviceIDs");
    if (!request.contains("deviceIDs")) copy(item, "count", request, "count");
    const JsonArray& capabilities = items(item, "capabilities");
    if (!capabilities.empty()) request["capabilities"] = JsonArray{Json(capabilities)};
    copy(item, "options", request, "options");
    requests.push_back(std::move(request));
  }
}

struct Unsupported {
  const char* attribute;
  const char* why;
};

// Left out, a container would be another one.
constexpr Unsupported kErrors[] = {
    {"uts", "is not supported"},
    {"volumes_from", "is not supported: mount the same volumes"},
    {"storage_opt", "is not supported"},
    {"isolation", "is not supported"},
    {"cgroup", "is not supported"},
    {"oom_kill_disable", "is not supported"},
    {"external_links", "is not supported: put both on one network"},
    {"device_cgroup_rules", "is not supported"},
    {"use_api_socket", "is not supported: mount the socket"},
    {"umask", "is not supported"},
    {"pre_start", "is not supported: use a service, and depends_on with service_completed_successfully"},
    {"post_start", "is not supported"},
    {"pre_stop", "is not supported"}};

// Left out, it is the same container with less comfort.
constexpr Unsupported kWarnings[] = {{"build", "nothing is built here: the image is pulled"},
                                     {"develop", "is ignored"},
                                     {"models", "is ignored"},
                                     {"credential_spec", "is ignored"},
                                     {"blkio_config", "is ignored: there is no limit"},
                                     {"cpu_shares", "is ignored"},
                                     {"cpu_count", "is ignored"},
                                     {"cpu_percent", "is ignored"},
                                     {"cpu_rt_period", "is ignored"},
                                     {"cpu_rt_runtime", "is ignored"},
                                     {"mem_swappiness", "is ignored"},
                                     {"pull_refresh_after", "is ignored"},
                                     {"deploy.labels", "is ignored: there is no service object to label"},
                                     {"deploy.endpoint_mode", "is ignored"},
                                     {"deploy.placement", "is ignored: the stack names its host"},
                                     {"deploy.rollback_config", "is ignored"},
                                     {"deploy.resources.reservations.cpus", "is ignored"},
                                     {"deploy.resources.reservations.generic_resources", "is ignored"}};

bool says_something(const Json* value) {
  if (value == nullptr || value->is_null()) return false;
  return !(value->is_object() && value->get_object().empty());
}

}  // namespace

void put_security(const Instance& instance, JsonObject& made) {
  const Json& spec = instance.spec;
  copy(spec, "read_only", made, "readOnlyRootFilesystem");
  copy(spec, "cap_add", made, "capAdd");
  copy(spec, "cap_drop", made, "capDrop");
  copy(spec, "privileged", made, "privileged");
  copy(spec, "group_add", made, "groupAdd");
  copy(spec, "userns_mode", made, "userns");
  copy(spec, "runtime", made, "runtime");
  copy(spec, "cgroup_parent", made, "cgroupParent");
  copy(spec, "sysctls", made, "sysctls");
  put_security_options(instance, made);
  put_namespace(instance, "pid", made);
  put_namespace(instance, "ipc", made);
}

void put_devices(const Instance& instance, JsonObject& made) {
  JsonArray devices;
  JsonArray requests;
  for (const Json& item : items(instance.spec, "devices")) {
    const std::string_view source = base::string_at(item, "source");
    if (!source.starts_with('/')) {
      // A CDI name, vendor.com/class=device.
      requests.push_back(JsonObject{{"driver", "cdi"}, {"deviceIDs", JsonArray{source}}});
      continue;
    }
    JsonObject device{{"hostPath", source}};
    copy(item, "target", device, "containerPath");
    copy(item, "permissions", device, "permissions");
    devices.push_back(std::move(device));
  }
  JsonArray gpus = items(instance.spec, "gpus");
  for (Json& gpu : gpus) gpu.get_object().emplace("capabilities", JsonArray{"gpu"});
  add_requests(gpus, requests);
  add_requests(items(instance.spec, "deploy.resources.reservations.devices"), requests);
  if (!devices.empty()) made["devices"] = std::move(devices);
  if (!requests.empty()) made["deviceRequests"] = std::move(requests);
  JsonArray limits;
  for (const auto& member : members(instance.spec, "ulimits")) {
    const Json& limit = member.value();
    const std::int64_t single = limit.is_int64() ? limit.get_int64() : 0;
    limits.push_back(JsonObject{{"name", member.key()},
                                {"soft", limit.is_object() ? base::int_at(limit, "soft") : single},
                                {"hard", limit.is_object() ? base::int_at(limit, "hard") : single}});
  }
  if (!limits.empty()) made["ulimits"] = std::move(limits);
}

void report_unsupported(const Instance& instance) {
  for (const Unsupported& one : kErrors) {
    if (says_something(base::find_path(instance.spec, one.attribute))) {
      instance.with.fail(member_path(instance.path, one.attribute), one.why);
    }
  }
  for (const Unsupported& one : kWarnings) {
    if (says_something(base::find_path(instance.spec, one.attribute))) {
      instance.with.warn(member_path(instance.path, one.attribute), one.why);
    }
  }
}

}  // namespace berth::compose
