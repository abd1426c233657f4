// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/definition_host.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

namespace berth::reconcilers {
namespace {

using base::find_path;
using base::Json;
using base::JsonArray;
using base::JsonObject;
using base::string_at;

constexpr std::int64_t kDefaultShmSize = 64 << 20;

// What a spec has no word for. The engine's own choices (cgroup namespace, masked paths) are not among them.
constexpr const char* kUnsaid[] = {"AutoRemove",
                                   "BlkioDeviceReadBps",
                                   "BlkioDeviceReadIOps",
                                   "BlkioDeviceWriteBps",
                                   "BlkioDeviceWriteIOps",
                                   "BlkioWeight",
                                   "BlkioWeightDevice",
                                   "Cgroup",
                                   "CpuPeriod",
                                   "CpuQuota",
                                   "CpuRealtimePeriod",
                                   "CpuRealtimeRuntime",
                                   "CpuShares",
                                   "CpusetMems",
                                   "DeviceCgroupRules",
                                   "Isolation",
                                   "KernelMemory",
                                   "Links",
                                   "MemorySwappiness",
                                   "OomKillDisable",
                                   "PublishAllPorts",
                                   "StorageOpt",
                                   "UTSMode",
                                   "VolumeDriver",
                                   "VolumesFrom"};

void take(JsonObject& to, const char* name, const Json& from, std::string_view path) {
  const Json* found = find_path(from, path);
  if (found && is_something(*found)) to[name] = *found;
}

JsonArray sorted(JsonArray list) {
  std::ranges::sort(list, {}, [](const Json& value) { return base::to_canonical(value); });
  return list;
}

void put(JsonObject& to, const char* name, JsonArray list) {
  if (!list.empty()) to[name] = std::move(list);
}

std::string upper(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), [](unsigned char c) { return std::toupper(c); });
  return made;
}

JsonArray capabilities_at(const Json& host, const char* field) {
  JsonArray names;
  for (const Json& each : list_at(host, field)) {
    std::string name = upper(each.as_string());
    if (name.starts_with("CAP_")) name.erase(0, 4);
    names.push_back(Json(name));
  }
  return sorted(std::move(names));
}

JsonArray ports_of(const Json& host) {
  JsonArray ports;
  for (const auto& [key, bindings] : object_at(host, "PortBindings")) {
    const std::string name(key);
    const std::string protocol = upper(name.substr(std::min(name.find('/') + 1, name.size())));
    if (!bindings.is_array()) continue;
    for (const Json& binding : bindings.get_array()) {
      JsonObject one{{"containerPort", std::atoi(name.c_str())}, {"protocol", protocol.empty() ? "TCP" : protocol}};
      const std::string number(string_at(binding, "HostPort"));
      // A range, of which the engine takes one, is no number: it is kept as it is, and equals nothing.
      if (number.find('-') != std::string::npos) {
        one["hostPort"] = number;
      } else if (!number.empty() && number != "0") {
        one["hostPort"] = std::atoi(number.c_str());
      }
      if (const auto address = string_at(binding, "HostIp"); !address.empty()) one["hostIP"] = address;
      ports.push_back(std::move(one));
    }
  }
  return sorted(std::move(ports));
}

Json mount_of(const Json& from) {
  const std::string type(string_at(from, "Type"));
  JsonObject one{{"type", upper(type.substr(0, 1)) + type.substr(std::min<std::size_t>(1, type.size()))},
                 {"target", string_at(from, "Target")}};
  take(one, "source", from, "Source");
  take(one, "readOnly", from, "ReadOnly");
  JsonObject bind, volume, tmpfs;
  take(bind, "propagation", from, "BindOptions.Propagation");
  take(bind, "nonRecursive", from, "BindOptions.NonRecursive");
  if (bind.contains("propagation") && bind["propagation"] == "rprivate") bind.erase("propagation");
  take(volume, "noCopy", from, "VolumeOptions.NoCopy");
  take(volume, "subpath", from, "VolumeOptions.Subpath");
  take(tmpfs, "size", from, "TmpfsOptions.SizeBytes");
  if (const auto mode = base::int_at(from, "TmpfsOptions.Mode"); mode != 0) {
    std::ostringstream text;
    text << '0' << std::oct << mode;
    tmpfs["mode"] = text.str();
  }
  if (!bind.empty()) one["bindOptions"] = std::move(bind);
  if (!volume.empty()) one["volumeOptions"] = std::move(volume);
  if (!tmpfs.empty()) one["tmpfsOptions"] = std::move(tmpfs);
  return one;
}

// "source:/target:ro,z"
Json bind_of(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t second = text.find(':', first + 1);
  const std::string source = text.substr(0, first);
  JsonObject one{{"type", source.starts_with('/') ? "Bind" : "Volume"},
                 {"source", source},
                 {"target", first == std::string::npos ? source : text.substr(first + 1, second - first - 1)}};
  std::istringstream options(second == std::string::npos ? "" : text.substr(second + 1));
  for (std::string option; std::getline(options, option, ',');) {
    if (option == "ro") one["readOnly"] = true;
    if (option == "nocopy") one["volumeOptions"] = JsonObject{{"noCopy", true}};
    const bool shares = option.ends_with("shared") || option.ends_with("slave") || option == "private";
    if (shares) one["bindOptions"] = JsonObject{{"propagation", option}};
    if (option == "z" || option == "Z") one["options"] = option;  // no word of a spec
  }
  return one;
}

JsonArray mounts_of(const Json& host) {
  JsonArray mounts;
  for (const Json& each : list_at(host, "Mounts")) {
    // An anonymous volume is nobody's declaration.
    const bool named = string_at(each, "Type") != "volume" || !string_at(each, "Source").empty();
    if (named) mounts.push_back(mount_of(each));
  }
  for (const Json& each : list_at(host, "Binds")) mounts.push_back(bind_of(std::string(each.as_string())));
  for (const auto& [target, options] : object_at(host, "Tmpfs")) {
    JsonObject one{{"type", "Tmpfs"}, {"target", target}};
    if (is_something(options)) one["options"] = options;
    mounts.push_back(std::move(one));
  }
  return sorted(std::move(mounts));
}

JsonObject resources_of(const Json& host) {
  JsonObject limits;
  if (const auto cpus = base::int_at(host, "NanoCpus"); cpus != 0) {
    const bool exact = cpus % 1'000'000 == 0;
    limits["cpus"] = exact ? std::to_string(cpus / 1'000'000) + "m" : std::to_string(cpus) + "n";
  }
  const std::int64_t memory = base::int_at(host, "Memory");
  const std::int64_t swap = base::int_at(host, "MemorySwap");
  if (memory != 0) limits["memory"] = std::to_string(memory);
  if (swap != 0 && swap != 2 * memory) limits["memorySwap"] = std::to_string(swap);
  if (const auto soft = base::int_at(host, "MemoryReservation"); soft != 0) {
    limits["memoryReservation"] = std::to_string(soft);
  }
  take(limits, "cpuset", host, "CpusetCpus");
  if (const auto pids = base::int_at(host, "PidsLimit"); pids > 0) limits["pids"] = pids;
  return limits;
}

void take_restart_policy(JsonObject& spec, const Json& host) {
  const std::string_view name = string_at(host, "RestartPolicy.Name");
  spec["restartPolicy"] = name == "always"           ? "Always"
                          : name == "unless-stopped" ? "UnlessStopped"
                          : name == "on-failure"     ? "OnFailure"
                                                     : "Never";
  if (name == "on-failure") take(spec, "maximumRetryCount", host, "RestartPolicy.MaximumRetryCount");
}

JsonArray renamed(const JsonArray& from, std::initializer_list<std::pair<const char*, const char*>> names) {
  JsonArray list;
  for (const Json& each : from) {
    JsonObject one;
    for (const auto& [name, field] : names) take(one, name, each, field);
    list.push_back(std::move(one));
  }
  return list;
}

void take_devices(JsonObject& spec, const Json& host) {
  JsonArray devices =
      renamed(list_at(host, "Devices"),
              {{"hostPath", "PathOnHost"}, {"containerPath", "PathInContainer"}, {"permissions", "CgroupPermissions"}});
  put(spec, "devices", sorted(std::move(devices)));
  put(spec, "deviceRequests",
      renamed(list_at(host, "DeviceRequests"), {{"driver", "Driver"},
                                                {"count", "Count"},
                                                {"deviceIDs", "DeviceIDs"},
                                                {"capabilities", "Capabilities"},
                                                {"options", "Options"}}));
  JsonArray limits;
  for (const Json& each : list_at(host, "Ulimits")) {
    limits.push_back(JsonObject{
        {"name", string_at(each, "Name")}, {"soft", base::int_at(each, "Soft")}, {"hard", base::int_at(each, "Hard")}});
  }
  put(spec, "ulimits", sorted(std::move(limits)));
}

// "no-new-privileges:true" in the form that engines have had since: a colon where no equals sign is.
std::string security_option(std::string_view text) {
  std::string option(text);
  if (option == "no-new-privileges") return option + "=true";
  const std::size_t colon = option.find(':');
  if (option.find('=') == std::string::npos && colon != std::string::npos) option[colon] = '=';
  return option;
}

void take_security(JsonObject& spec, const Json& host) {
  const bool privileged = base::bool_at(host, "Privileged");
  JsonArray options;
  for (const Json& each : list_at(host, "SecurityOpt")) {
    // The engine's own addition.
    if (privileged && each == "label=disable") continue;
    options.push_back(Json(security_option(each.as_string())));
  }
  put(spec, "securityOpt", sorted(std::move(options)));
  put(spec, "capAdd", capabilities_at(host, "CapAdd"));
  put(spec, "capDrop", capabilities_at(host, "CapDrop"));
  take(spec, "privileged", host, "Privileged");
  take(spec, "readOnlyRootFilesystem", host, "ReadonlyRootfs");
  take(spec, "sysctls", host, "Sysctls");
  put(spec, "groupAdd", sorted(list_at(host, "GroupAdd")));
  take(spec, "userns", host, "UsernsMode");
  if (const Json* init = find_path(host, "Init"); init && init->is_bool()) spec["init"] = *init;
}

}  // namespace

bool is_something(const Json& value) {
  if (const auto* text = value.if_string()) return !text->empty();
  if (const auto* list = value.if_array()) return !list->empty();
  if (const auto* map = value.if_object()) return !map->empty();
  if (const auto* number = value.if_int64()) return *number != 0;
  return !value.is_null() && value != false;
}

const JsonArray& list_at(const Json& value, std::string_view path) {
  static const JsonArray kNone;
  const Json* found = find_path(value, path);
  return found && found->is_array() ? found->get_array() : kNone;
}

const JsonObject& object_at(const Json& value, std::string_view path) {
  static const JsonObject kNone;
  const Json* found = find_path(value, path);
  return found && found->is_object() ? found->get_object() : kNone;
}

std::string duration_text(std::int64_t nanoseconds) {
  if (nanoseconds % 1'000'000'000 == 0) return std::to_string(nanoseconds / 1'000'000'000) + "s";
  return std::to_string(nanoseconds / 1'000'000) + "ms";
}

void take_host_config(JsonObject& spec, const Json& inspect) {
  const Json* found = find_path(inspect, "HostConfig");
  if (!found) return;
  const Json& host = *found;
  take_restart_policy(spec, host);
  take_security(spec, host);
  take_devices(spec, host);
  put(spec, "ports", ports_of(host));
  put(spec, "mounts", mounts_of(host));
  if (JsonObject limits = resources_of(host); !limits.empty()) spec["resources"] = std::move(limits);
  const std::string_view mode = string_at(host, "NetworkMode");
  if (mode == "host" || mode == "none" || mode.starts_with("container:")) spec["networkMode"] = mode;
  take(spec, "dns", host, "Dns");
  take(spec, "dnsSearch", host, "DnsSearch");
  take(spec, "dnsOptions", host, "DnsOptions");
  take(spec, "extraHosts", host, "ExtraHosts");
  take(spec, "pid", host, "PidMode");
  take(spec, "cgroupParent", host, "CgroupParent");
  take(spec, "oomScoreAdj", host, "OomScoreAdj");
  take(spec, "annotations", host, "Annotations");
  // Which of the two is the engine's default depends on how it is configured.
  const std::string_view ipc = string_at(host, "IpcMode");
  if (!ipc.empty() && ipc != "private" && ipc != "shareable") spec["ipc"] = ipc;
  if (const auto runtime = string_at(host, "Runtime"); !runtime.empty() && runtime != "runc") spec["runtime"] = runtime;
  const std::int64_t shm = base::int_at(host, "ShmSize");
  if (shm != 0 && shm != kDefaultShmSize) spec["shmSize"] = std::to_string(shm);
  const std::string_view driver = string_at(host, "LogConfig.Type");
  const bool plain = (driver.empty() || driver == "json-file") && object_at(host, "LogConfig.Config").empty();
  if (!plain) {
    JsonObject& logging = spec["logging"].emplace_object();
    logging["driver"] = driver;
    take(logging, "options", host, "LogConfig.Config");
  }
  for (const char* field : kUnsaid) {
    const Json* value = find_path(host, field);
    if (value && is_something(*value) && *value != -1) spec["HostConfig." + std::string(field)] = *value;
  }
}

}  // namespace berth::reconcilers
