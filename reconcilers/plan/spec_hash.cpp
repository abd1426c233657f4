// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/spec_hash.hpp"

#include "schemas/quantity.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using schemas::ContainerSpec;

void put(JsonObject& to, const char* key, const std::optional<std::string>& value) {
  if (value && !value->empty()) to[key] = *value;
}
void put(JsonObject& to, const char* key, const std::optional<bool>& value) {
  if (value.value_or(false)) to[key] = true;
}
void put(JsonObject& to, const char* key, const std::optional<std::int64_t>& value) {
  if (value) to[key] = *value;
}
void put(JsonObject& to, const char* key, const std::vector<std::string>& values) {
  if (!values.empty()) to[key] = JsonArray(values.begin(), values.end());
}
void put(JsonObject& to, const char* key, const std::map<std::string, std::string>& values) {
  if (values.empty()) return;
  JsonObject& map = to[key].emplace_object();
  for (const auto& [name, value] : values) map[name] = value;
}
void put(JsonObject& to, const char* key, JsonArray values) {
  if (!values.empty()) to[key] = std::move(values);
}
void put_bytes(JsonObject& to, const char* key, const std::optional<std::string>& text) {
  if (text) to[key] = schemas::parse_bytes(*text).value_or(0);
}
void put_duration(JsonObject& to, const char* key, const std::optional<std::string>& text) {
  if (text) to[key] = schemas::parse_duration(*text).value_or(std::chrono::nanoseconds(0)).count();
}

// A literal stands for itself; what came from elsewhere is only known by its HMAC.
Json content(std::string_view value, Origin origin, const base::Key32& key) {
  if (origin == Origin::Literal) return Json(value);
  return JsonObject{{"hmac", base::to_hex(base::hmac_sha256(key, {"h1\n", value}))}};
}

JsonArray ports_of(const ContainerSpec& spec) {
  JsonArray ports;
  for (const schemas::ContainerPort& port : spec.ports) {
    JsonObject one{{"container", port.container_port}};
    put(one, "host", port.host_port);
    put(one, "ip", port.host_ip);
    if (port.protocol != "TCP") one["protocol"] = port.protocol;
    ports.push_back(std::move(one));
  }
  return ports;
}

JsonArray mounts_of(const ContainerSpec& spec) {
  JsonArray mounts;
  for (const schemas::ContainerMount& mount : spec.mounts) {
    JsonObject one{{"type", mount.type}, {"target", mount.target}};
    if (mount.volume_ref) one["volumeRef"] = mount.volume_ref->name;
    put(one, "source", mount.source);
    put(one, "readOnly", mount.read_only);
    if (mount.bind_options) {
      put(one, "propagation", mount.bind_options->propagation);
      put(one, "nonRecursive", mount.bind_options->non_recursive);
      put(one, "createMountpoint", mount.bind_options->create_mountpoint);
    }
    if (mount.volume_options) {
      put(one, "noCopy", mount.volume_options->no_copy);
      put(one, "subpath", mount.volume_options->subpath);
      put(one, "labels", mount.volume_options->labels);
      put(one, "driver", mount.volume_options->driver);
      put(one, "driverOpts", mount.volume_options->driver_opts);
    }
    if (mount.tmpfs_options) {
      put_bytes(one, "size", mount.tmpfs_options->size);
      put(one, "mode", mount.tmpfs_options->mode);
    }
    mounts.push_back(std::move(one));
  }
  return mounts;
}

JsonArray devices_of(const ContainerSpec& spec) {
  JsonArray devices;
  for (const schemas::ContainerDevice& device : spec.devices) {
    JsonObject one{{"host", device.host_path}};
    if (device.container_path && *device.container_path != device.host_path) one["container"] = *device.container_path;
    if (device.permissions && *device.permissions != "rwm") one["permissions"] = *device.permissions;
    devices.push_back(std::move(one));
  }
  return devices;
}

JsonArray device_requests_of(const ContainerSpec& spec) {
  JsonArray requests;
  for (const schemas::DeviceRequest& request : spec.device_requests) {
    JsonObject one;
    put(one, "driver", request.driver);
    put(one, "count", request.count);
    put(one, "ids", request.device_ids);
    JsonArray capabilities;
    for (const auto& all : request.capabilities) capabilities.push_back(JsonArray(all.begin(), all.end()));
    put(one, "capabilities", std::move(capabilities));
    put(one, "options", request.options);
    requests.push_back(std::move(one));
  }
  return requests;
}

void put_healthcheck(JsonObject& to, const ContainerSpec& spec) {
  if (!spec.healthcheck) return;
  JsonObject check;
  put(check, "test", spec.healthcheck->test);
  put_duration(check, "interval", spec.healthcheck->interval);
  put_duration(check, "timeout", spec.healthcheck->timeout);
  put_duration(check, "startPeriod", spec.healthcheck->start_period);
  put_duration(check, "startInterval", spec.healthcheck->start_interval);
  put(check, "retries", spec.healthcheck->retries);
  if (!check.empty()) to["healthcheck"] = std::move(check);
}

void put_process(JsonObject& to, const ContainerSpec& spec) {
  put(to, "command", spec.command);
  put(to, "args", spec.args);
  put(to, "user", spec.user);
  put(to, "workingDir", spec.working_dir);
  put(to, "hostname", spec.hostname);
  put(to, "domainname", spec.domainname);
  put(to, "stopSignal", spec.stop_signal);
  put(to, "stopTimeout", spec.stop_timeout);
  // false and unset differ: unset is as the engine is configured.
  if (spec.init) to["init"] = *spec.init;
  put(to, "tty", spec.tty);
  put(to, "stdin", spec.stdin);
  put_healthcheck(to, spec);
}

void put_security(JsonObject& to, const ContainerSpec& spec) {
  put(to, "readOnlyRootFilesystem", spec.read_only_root_filesystem);
  put(to, "capAdd", spec.cap_add);
  put(to, "capDrop", spec.cap_drop);
  put(to, "privileged", spec.privileged);
  put(to, "securityOpt", spec.security_opt);
  put(to, "devices", devices_of(spec));
  put(to, "deviceRequests", device_requests_of(spec));
  JsonArray ulimits;
  for (const schemas::Ulimit& limit : spec.ulimits) {
    ulimits.push_back(JsonObject{{"name", limit.name}, {"soft", limit.soft}, {"hard", limit.hard}});
  }
  put(to, "ulimits", std::move(ulimits));
  put(to, "sysctls", spec.sysctls);
  put(to, "groupAdd", spec.group_add);
  put(to, "pid", spec.pid);
  put(to, "ipc", spec.ipc);
  put(to, "userns", spec.userns);
  put(to, "runtime", spec.runtime);
  put(to, "cgroupParent", spec.cgroup_parent);
  put(to, "oomScoreAdj", spec.oom_score_adj);
  put_bytes(to, "shmSize", spec.shm_size);
}

void put_network(JsonObject& to, const ContainerSpec& spec) {
  put(to, "ports", ports_of(spec));
  put(to, "expose", spec.expose);
  put(to, "networkMode", spec.network_mode);
  if (spec.container_ref) to["containerRef"] = spec.container_ref->name;
  put(to, "dns", spec.dns);
  put(to, "dnsSearch", spec.dns_search);
  put(to, "dnsOptions", spec.dns_options);
  put(to, "extraHosts", spec.extra_hosts);
  put(to, "macAddress", spec.mac_address);
}

}  // namespace

Json canonical_h1(const ContainerSpec& spec, const ContainerInputs& inputs, const base::Key32& key) {
  JsonObject form{{"image", spec.image}};
  put(form, "platform", spec.platform);
  put_process(form, spec);
  put_security(form, spec);
  put_network(form, spec);
  put(form, "mounts", mounts_of(spec));
  put(form, "labels", spec.labels);
  put(form, "annotations", spec.annotations);
  if (spec.logging) {
    JsonObject& logging = form["logging"].emplace_object();
    logging["driver"] = spec.logging->driver;
    put(logging, "options", spec.logging->options);
  }
  if (!inputs.env.empty()) {
    JsonObject& env = form["env"].emplace_object();
    for (const EnvEntry& entry : inputs.env) {
      env[entry.name] = content(entry.value.reveal_for_engine(), entry.origin, key);
    }
  }
  JsonArray files;
  for (const FileEntry& file : inputs.files) {
    JsonObject one{{"path", file.path}, {"content", content(file.content.reveal_for_engine(), file.origin, key)}};
    if (file.mode != 0644) one["mode"] = file.mode;
    files.push_back(std::move(one));
  }
  put(form, "files", std::move(files));
  return form;
}

std::string spec_hash(const ContainerSpec& spec, const ContainerInputs& inputs, const base::Key32& key) {
  return "h1:" + base::to_hex(base::sha256(base::to_canonical(canonical_h1(spec, inputs, key))));
}

}  // namespace berth::reconcilers
