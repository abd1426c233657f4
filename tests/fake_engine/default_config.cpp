// SPDX-License-Identifier: Apache-2.0
#include "tests/fake_engine/default_config.hpp"

namespace berth::fake_engine {

using base::find_path;
using base::int_at;
using base::JsonObject;
using base::string_at;

namespace {

// What 20.10.24 answers for a container that was created with nothing but an image.
constexpr std::string_view kConfig =
    R"({"Hostname":"","Domainname":"","User":"","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,)"
    R"("Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":null,"Cmd":null,"Image":"","Volumes":null,)"
    R"("WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":{}})";

constexpr std::string_view kHostConfig =
    R"({"Binds":null,"ContainerIDFile":"","LogConfig":{"Type":"json-file","Config":{}},"NetworkMode":"default",)"
    R"("PortBindings":null,"RestartPolicy":{"Name":"","MaximumRetryCount":0},"AutoRemove":false,"VolumeDriver":"",)"
    R"("VolumesFrom":null,"CapAdd":null,"CapDrop":null,"CgroupnsMode":"host","Dns":null,"DnsOptions":null,)"
    R"("DnsSearch":null,"ExtraHosts":null,"GroupAdd":null,"IpcMode":"private","Cgroup":"","Links":null,)"
    R"("OomScoreAdj":0,"PidMode":"","Privileged":false,"PublishAllPorts":false,"ReadonlyRootfs":false,)"
    R"("SecurityOpt":null,"UTSMode":"","UsernsMode":"","ShmSize":67108864,"Runtime":"runc","ConsoleSize":[0,0],)"
    R"("Isolation":"","CpuShares":0,"Memory":0,"NanoCpus":0,"CgroupParent":"","BlkioWeight":0,)"
    R"("BlkioWeightDevice":null,"BlkioDeviceReadBps":null,"BlkioDeviceWriteBps":null,"BlkioDeviceReadIOps":null,)"
    R"("BlkioDeviceWriteIOps":null,"CpuPeriod":0,"CpuQuota":0,"CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,)"
    R"("CpusetCpus":"","CpusetMems":"","Devices":null,"DeviceCgroupRules":null,"DeviceRequests":null,)"
    R"("MemoryReservation":0,"MemorySwap":0,"MemorySwappiness":null,"OomKillDisable":false,"PidsLimit":null,)"
    R"("Ulimits":null,"CpuCount":0,"CpuPercent":0,"IOMaximumIOps":0,"IOMaximumBandwidth":0,)"
    R"("MaskedPaths":["/proc/asound","/proc/acpi","/proc/kcore","/proc/keys","/proc/latency_stats",)"
    R"("/proc/timer_list","/proc/timer_stats","/proc/sched_debug","/proc/scsi","/sys/firmware"],)"
    R"("ReadonlyPaths":["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"]})";

const JsonObject& parsed_config() {
  static const Json value = base::parse_json(kConfig);
  return value.as_object();
}

const JsonObject& parsed_host_config() {
  static const Json value = base::parse_json(kHostConfig);
  return value.as_object();
}

}  // namespace

Json make_config(const Json& create_body, const std::string& id, int minor) {
  JsonObject config = parsed_config();
  for (const auto& [key, value] : create_body.as_object()) {
    if (key != "HostConfig" && key != "NetworkingConfig") config[key] = value;
  }
  if (config["Hostname"].is_string() && config["Hostname"].as_string().empty()) config["Hostname"] = id.substr(0, 12);
  if (config["Labels"].is_null()) config["Labels"] = JsonObject{};
  Json made(std::move(config));
  if (minor < 44) {
    if (Json* check = find_path(made, "Healthcheck"); check != nullptr && check->is_object()) {
      check->as_object().erase("StartInterval");
    }
  }
  if (minor >= 52) made.as_object().erase("MacAddress");
  return made;
}

Json make_host_config(const Json& create_body, Flavour flavour, int minor) {
  JsonObject host = parsed_host_config();
  if (const Json* sent = find_path(create_body, "HostConfig"); sent != nullptr && sent->is_object()) {
    for (const auto& [key, value] : sent->as_object()) {
      if (key == "LogConfig" && string_at(value, "Type").empty()) continue;
      if (key == "ShmSize" && value.is_int64() && value.as_int64() == 0) continue;
      if (key == "Annotations" && minor < 43) continue;
      if (key == "ConsoleSize" && flavour == Flavour::Engine29 && minor < 42) continue;
      host[key] = value;
    }
  }
  Json made(std::move(host));
  if (flavour == Flavour::Engine29) {
    if (string_at(made, "NetworkMode") == "default") made.as_object()["NetworkMode"] = "bridge";
    if (string_at(made, "RestartPolicy.Name").empty()) base::make_path(made, "RestartPolicy")["Name"] = "no";
  }
  if (int_at(made, "Memory") > 0 && int_at(made, "MemorySwap") == 0) {
    made.as_object()["MemorySwap"] = 2 * int_at(made, "Memory");
  }
  return made;
}

void update_host_config(Json& host_config, const Json& resources) {
  for (const char* field :
       {"Memory", "MemorySwap", "MemoryReservation", "NanoCpus", "CpuShares", "CpuPeriod", "CpuQuota", "BlkioWeight"}) {
    if (const std::int64_t value = int_at(resources, field); value != 0) host_config.as_object()[field] = value;
  }
  if (const Json* pids = find_path(resources, "PidsLimit"); pids != nullptr && pids->is_int64()) {
    host_config.as_object()["PidsLimit"] = *pids;
  }
  for (const char* field : {"CpusetCpus", "CpusetMems"}) {
    if (const auto value = string_at(resources, field); !value.empty()) host_config.as_object()[field] = value;
  }
  if (!string_at(resources, "RestartPolicy.Name").empty()) {
    host_config.as_object()["RestartPolicy"] =
        JsonObject{{"Name", string_at(resources, "RestartPolicy.Name")},
                   {"MaximumRetryCount", int_at(resources, "RestartPolicy.MaximumRetryCount")}};
  }
}

bool has_healthcheck(const Json& config) {
  const Json* test = find_path(config, "Healthcheck.Test");
  if (test == nullptr || !test->is_array() || test->as_array().empty()) return false;
  return test->as_array()[0] != "NONE";
}

}  // namespace berth::fake_engine
