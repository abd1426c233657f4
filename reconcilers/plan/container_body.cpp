// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/container_body.hpp"

#include <algorithm>

#include "schemas/quantity.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using schemas::ContainerSpec;

void put(JsonObject& to, const char* key, const std::optional<std::string>& value) {
  if (value) to[key] = *value;
}
void put(JsonObject& to, const char* key, const std::optional<bool>& value) {
  if (value) to[key] = *value;
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

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// "80/tcp"
std::string port_key(const schemas::ContainerPort& port) {
  return std::to_string(port.container_port) + "/" + lower(port.protocol);
}

void put_ports(JsonObject& body, JsonObject& host, const ContainerSpec& spec) {
  JsonObject exposed;
  for (std::string port : spec.expose) {
    if (port.find('/') == std::string::npos) port += "/tcp";
    exposed[lower(port)] = JsonObject{};
  }
  JsonObject bindings;
  for (const schemas::ContainerPort& port : spec.ports) {
    exposed[port_key(port)] = JsonObject{};
    Json& list = bindings[port_key(port)];
    if (!list.is_array()) list.emplace_array();
    list.as_array().push_back(JsonObject{{"HostIp", port.host_ip.value_or("")},
                                         {"HostPort", port.host_port ? std::to_string(*port.host_port) : ""}});
  }
  if (!exposed.empty()) body["ExposedPorts"] = std::move(exposed);
  if (!bindings.empty()) host["PortBindings"] = std::move(bindings);
}

Json mount_of(const schemas::ContainerMount& mount) {
  JsonObject one{{"Type", lower(mount.type)}, {"Target", mount.target}};
  put(one, "Source", mount.source);
  put(one, "ReadOnly", mount.read_only);
  if (mount.bind_options) {
    JsonObject& options = one["BindOptions"].emplace_object();
    put(options, "Propagation", mount.bind_options->propagation);
    put(options, "NonRecursive", mount.bind_options->non_recursive);
    put(options, "CreateMountpoint", mount.bind_options->create_mountpoint);
  }
  if (mount.volume_options) {
    JsonObject& options = one["VolumeOptions"].emplace_object();
    put(options, "NoCopy", mount.volume_options->no_copy);
    put(options, "Subpath", mount.volume_options->subpath);
    put(options, "Labels", mount.volume_options->labels);
    if (mount.volume_options->driver || !mount.volume_options->driver_opts.empty()) {
      JsonObject& driver = options["DriverConfig"].emplace_object();
      put(driver, "Name", mount.volume_options->driver);
      put(driver, "Options", mount.volume_options->driver_opts);
    }
  }
  if (mount.tmpfs_options) {
    JsonObject& options = one["TmpfsOptions"].emplace_object();
    put_bytes(options, "SizeBytes", mount.tmpfs_options->size);
    if (mount.tmpfs_options->mode) options["Mode"] = std::stoi(*mount.tmpfs_options->mode, nullptr, 8);
  }
  return one;
}

void put_healthcheck(JsonObject& body, const ContainerSpec& spec) {
  if (!spec.healthcheck) return;
  JsonObject& check = body["Healthcheck"].emplace_object();
  put(check, "Test", spec.healthcheck->test);
  put_duration(check, "Interval", spec.healthcheck->interval);
  put_duration(check, "Timeout", spec.healthcheck->timeout);
  put_duration(check, "StartPeriod", spec.healthcheck->start_period);
  put_duration(check, "StartInterval", spec.healthcheck->start_interval);
  put(check, "Retries", spec.healthcheck->retries);
}

void put_process(JsonObject& body, const ContainerSpec& spec) {
  put(body, "Entrypoint", spec.command);
  put(body, "Cmd", spec.args);
  put(body, "User", spec.user);
  put(body, "WorkingDir", spec.working_dir);
  put(body, "Hostname", spec.hostname);
  put(body, "Domainname", spec.domainname);
  put(body, "StopSignal", spec.stop_signal);
  put(body, "Tty", spec.tty);
  put(body, "OpenStdin", spec.stdin);
  put(body, "StopTimeout", spec.stop_timeout);
  put_healthcheck(body, spec);
}

JsonArray devices_of(const ContainerSpec& spec) {
  JsonArray devices;
  for (const schemas::ContainerDevice& device : spec.devices) {
    devices.push_back(JsonObject{{"PathOnHost", device.host_path},
                                 {"PathInContainer", device.container_path.value_or(device.host_path)},
                                 {"CgroupPermissions", device.permissions.value_or("rwm")}});
  }
  return devices;
}

JsonArray device_requests_of(const ContainerSpec& spec) {
  JsonArray requests;
  for (const schemas::DeviceRequest& request : spec.device_requests) {
    JsonObject one;
    put(one, "Driver", request.driver);
    put(one, "Count", request.count);
    put(one, "DeviceIDs", request.device_ids);
    JsonArray capabilities;
    for (const auto& all : request.capabilities) capabilities.push_back(JsonArray(all.begin(), all.end()));
    put(one, "Capabilities", std::move(capabilities));
    put(one, "Options", request.options);
    requests.push_back(std::move(one));
  }
  return requests;
}

void put_security(JsonObject& host, const ContainerSpec& spec) {
  put(host, "Init", spec.init);
  put(host, "ReadonlyRootfs", spec.read_only_root_filesystem);
  put(host, "CapAdd", spec.cap_add);
  put(host, "CapDrop", spec.cap_drop);
  put(host, "Privileged", spec.privileged);
  put(host, "SecurityOpt", spec.security_opt);
  put(host, "Devices", devices_of(spec));
  put(host, "DeviceRequests", device_requests_of(spec));
  JsonArray ulimits;
  for (const schemas::Ulimit& limit : spec.ulimits) {
    ulimits.push_back(JsonObject{{"Name", limit.name}, {"Soft", limit.soft}, {"Hard", limit.hard}});
  }
  put(host, "Ulimits", std::move(ulimits));
  put(host, "Sysctls", spec.sysctls);
  put(host, "GroupAdd", spec.group_add);
  put(host, "PidMode", spec.pid);
  put(host, "IpcMode", spec.ipc);
  put(host, "UsernsMode", spec.userns);
  put(host, "Runtime", spec.runtime);
  put(host, "CgroupParent", spec.cgroup_parent);
  put(host, "OomScoreAdj", spec.oom_score_adj);
  put_bytes(host, "ShmSize", spec.shm_size);
  put(host, "Annotations", spec.annotations);
}

// Which networks, and the names that go with them. The endpoint and NetworkMode must name the same network.
void put_networks(JsonObject& body, JsonObject& host, const ContainerSpec& spec, docker::ApiVersion api) {
  put(host, "Dns", spec.dns);
  put(host, "DnsSearch", spec.dns_search);
  put(host, "DnsOptions", spec.dns_options);
  put(host, "ExtraHosts", spec.extra_hosts);
  put(host, "NetworkMode", spec.network_mode);
  JsonObject endpoints;
  for (const schemas::ContainerNetwork& network : spec.networks) {
    endpoints[network.name.value_or("")] = endpoint_settings(network);
  }
  if (!spec.networks.empty()) host["NetworkMode"] = spec.networks.front().name.value_or("");
  if (spec.mac_address) {
    // From 1.44 on the address belongs to an endpoint; before, only the container's own is heard.
    if (api < docker::ApiVersion{1, 44}) {
      body["MacAddress"] = *spec.mac_address;
    } else {
      const std::string first = spec.networks.empty() ? "bridge" : spec.networks.front().name.value_or("");
      Json& endpoint = endpoints[first];
      if (!endpoint.is_object()) endpoint.emplace_object();
      endpoint.as_object()["MacAddress"] = *spec.mac_address;
      if (spec.networks.empty()) host["NetworkMode"] = first;
    }
  }
  if (!endpoints.empty()) body["NetworkingConfig"] = JsonObject{{"EndpointsConfig", std::move(endpoints)}};
}

}  // namespace

Json restart_policy(const ContainerSpec& spec) {
  const std::string& policy = spec.restart_policy;
  if (spec.desired_state == "Stopped" || policy == "Never") return JsonObject{{"Name", "no"}};
  if (policy == "Always") return JsonObject{{"Name", "always"}};
  if (policy == "UnlessStopped") return JsonObject{{"Name", "unless-stopped"}};
  return JsonObject{{"Name", "on-failure"}, {"MaximumRetryCount", spec.maximum_retry_count.value_or(0)}};
}

JsonObject resource_limits(const ContainerSpec& spec) {
  JsonObject limits;
  if (!spec.resources) return limits;
  const schemas::ContainerResources& wanted = *spec.resources;
  if (wanted.cpus) limits["NanoCpus"] = schemas::parse_nano_cpus(*wanted.cpus).value_or(0);
  put_bytes(limits, "Memory", wanted.memory);
  put_bytes(limits, "MemoryReservation", wanted.memory_reservation);
  if (wanted.memory_swap) {
    limits["MemorySwap"] = *wanted.memory_swap == "-1" ? -1 : schemas::parse_bytes(*wanted.memory_swap).value_or(0);
  }
  put(limits, "CpusetCpus", wanted.cpuset);
  put(limits, "PidsLimit", wanted.pids);
  return limits;
}

Json endpoint_settings(const schemas::ContainerNetwork& network) {
  JsonObject settings;
  put(settings, "Aliases", network.aliases);
  JsonObject addresses;
  put(addresses, "IPv4Address", network.ipv4_address);
  put(addresses, "IPv6Address", network.ipv6_address);
  if (!addresses.empty()) settings["IPAMConfig"] = std::move(addresses);
  return settings;
}

Json create_body(const ContainerSpec& spec, const ContainerInputs& inputs, const BodyOptions& options) {
  JsonObject body{{"Image", options.image}};
  JsonObject host = resource_limits(spec);
  put_process(body, spec);
  put_security(host, spec);
  put_ports(body, host, spec);
  put_networks(body, host, spec, options.api);
  JsonArray env;
  for (const EnvEntry& entry : inputs.env) {
    env.push_back(Json(entry.name + "=" + std::string(entry.value.reveal_for_engine())));
  }
  put(body, "Env", std::move(env));
  JsonArray mounts;
  for (const schemas::ContainerMount& mount : spec.mounts) mounts.push_back(mount_of(mount));
  for (const KeptVolume& kept : options.volumes) {
    JsonObject one{{"Type", "volume"}, {"Source", kept.name}, {"Target", kept.target}};
    if (kept.read_only) one["ReadOnly"] = true;
    mounts.push_back(std::move(one));
  }
  put(host, "Mounts", std::move(mounts));
  if (spec.logging) {
    JsonObject& logging = host["LogConfig"].emplace_object();
    logging["Type"] = spec.logging->driver;
    put(logging, "Config", spec.logging->options);
  }
  host["RestartPolicy"] = restart_policy(spec);
  JsonObject& labels = body["Labels"].emplace_object();
  for (const auto& [key, value] : spec.labels) labels[key] = value;
  for (const auto& [key, value] : options.labels) labels[key] = value;
  const auto hash = options.labels.find(kSpecHashLabel);
  const bool in_project = spec.labels.contains("com.docker.compose.project");
  if (in_project && hash != options.labels.end()) labels["com.docker.compose.config-hash"] = hash->second;
  body["HostConfig"] = std::move(host);
  return body;
}

}  // namespace berth::reconcilers
