// SPDX-License-Identifier: Apache-2.0
#include "docker/gates.hpp"

#include <arpa/inet.h>

#include "base/status.hpp"
#include "docker/create_plan.hpp"
#include "docker/field_gates.hpp"

namespace berth::docker {

using base::find_path;
using base::JsonObject;
using base::string_at;

namespace {

// A field that engines below `from` drop without a word, and what that would do.
struct Gate {
  const char* path;
  ApiVersion from;
  const char* effect;
};

constexpr Gate kCreateGates[] = {
    {"Healthcheck.StartInterval", {1, 44}, "it would be dropped"},
    {"HostConfig.Annotations", {1, 43}, "they would be dropped"},
    {"HostConfig.ConsoleSize", {1, 42}, "it would have no effect"},
    {"HostConfig.CgroupnsMode", {1, 41}, "it would be dropped"},
};

constexpr Gate kMountGates[] = {
    {"VolumeOptions.Subpath", {1, 45}, "the whole volume would be mounted"},
    {"ImageOptions.Subpath", {1, 48}, "the whole image would be mounted"},
    {"BindOptions.CreateMountpoint", {1, 42}, "the source would not be created"},
    {"BindOptions.ReadOnlyForceRecursive", {1, 44}, "mounts below the source would stay writable"},
    {"TmpfsOptions.Options", {1, 46}, "they would be dropped"},
};

constexpr Gate kEndpointGates[] = {
    {"MacAddress", {1, 44}, "another address would be used"},
    {"GwPriority", {1, 48}, "the default route would be another"},
};

// Endpoint driver options hold dots in their keys.
constexpr Gate kDriverOptionGates[] = {
    {"com.docker.network.endpoint.sysctls", {1, 46}, "they would be dropped"},
    {"com.docker.network.endpoint.ifname", {1, 49}, "the interface would have another name"},
};

// Whether a field says anything but its zero value, which every engine may ignore.
bool is_set(const Json* value) {
  if (value == nullptr || value->is_null()) return false;
  if (value->is_string()) return !value->as_string().empty();
  if (value->is_bool()) return value->as_bool();
  if (value->is_number()) return value->to_number<double>() != 0;
  if (value->is_object()) return !value->as_object().empty();
  for (const Json& element : value->as_array()) {
    if (is_set(&element)) return true;
  }
  return false;
}

[[noreturn]] void refuse_version(const std::string& field, const Gate& gate, ApiVersion version) {
  refuse(field, "needs Engine API " + to_string(gate.from) + ", this engine speaks " + to_string(version) + ": " +
                    gate.effect);
}

void apply(std::span<const Gate> gates, const Json& value, const std::string& prefix, ApiVersion version) {
  for (const Gate& gate : gates) {
    if (version < gate.from && is_set(find_path(value, gate.path))) refuse_version(prefix + gate.path, gate, version);
  }
}

bool is_address(const std::string& text) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

void check_ports(const Json& body) {
  const Json* ports = find_path(body, "HostConfig.PortBindings");
  if (ports == nullptr || !ports->is_object()) return;
  for (const auto& [port, bindings] : ports->as_object()) {
    if (!bindings.is_array()) continue;
    for (std::size_t i = 0; i < bindings.as_array().size(); ++i) {
      const std::string address(string_at(bindings.as_array()[i], "HostIp"));
      if (address.empty() || is_address(address)) continue;
      refuse("HostConfig.PortBindings[" + std::string(port) + "][" + std::to_string(i) + "].HostIp",
             "\"" + address + "\" is no IP address: the port would be published on every interface");
    }
  }
}

void check_mounts(const Json& body, ApiVersion version) {
  const Json* mounts = find_path(body, "HostConfig.Mounts");
  if (mounts == nullptr || !mounts->is_array()) return;
  for (std::size_t i = 0; i < mounts->as_array().size(); ++i) {
    const Json& mount = mounts->as_array()[i];
    const std::string path = "HostConfig.Mounts[" + std::to_string(i) + "].";
    constexpr Gate image{"Type", {1, 48}, "it knows no mounts of images"};
    if (string_at(mount, "Type") == "image" && version < image.from) refuse_version(path + "Type", image, version);
    apply(kMountGates, mount, path, version);
  }
}

}  // namespace

void refuse(const std::string& field, const std::string& why) {
  base::Details details;
  details.causes.push_back({"FieldValueInvalid", why, field});
  throw base::Status(base::Reason::Invalid, field + ": " + why, std::move(details));
}

void check_endpoint(const Json& endpoint, const std::string& path, ApiVersion version) {
  apply(kEndpointGates, endpoint, path + ".", version);
  const Json* options = find_path(endpoint, "DriverOpts");
  if (options == nullptr || !options->is_object()) return;
  for (const Gate& gate : kDriverOptionGates) {
    if (version < gate.from && is_set(options->as_object().if_contains(gate.path))) {
      refuse_version(path + ".DriverOpts[" + gate.path + "]", gate, version);
    }
  }
}

void check_network(const Json& body, ApiVersion version) {
  constexpr Gate gate{"EnableIPv4", {1, 48}, "the network would have IPv4"};
  if (!base::bool_at(body, gate.path, true) && version < gate.from) refuse_version(gate.path, gate, version);
}

void check_create(const Json& body, ApiVersion version) {
  const CreatePlan plan = plan_create(body, version);
  check_ports(plan.body);
  check_mounts(plan.body, version);
  apply(kCreateGates, plan.body, "", version);
}

}  // namespace berth::docker
