// SPDX-License-Identifier: Apache-2.0
// What attributes say against each other; declared in compose/check.hpp.
#include "compose/check.hpp"
#include "compose/long_form.hpp"
#include "compose/scalars.hpp"

namespace berth::compose {

namespace {

const JsonObject kEmpty;

const JsonObject& section(const Json& file, std::string_view name) {
  const Json* found = file.is_object() ? file.get_object().if_contains(name) : nullptr;
  return found != nullptr && found->is_object() ? found->get_object() : kEmpty;
}

class Rules {
 public:
  Problems check(const Json& file) {
    for (const auto& volume : section(file, "volumes"))
      check_volume(volume.value(), member_path("volumes", volume.key()));
    for (const auto& config : section(file, "configs")) {
      check_source(config.value(), {"file", "environment", "content"}, member_path("configs", config.key()));
    }
    for (const auto& secret : section(file, "secrets")) {
      check_source(secret.value(), {"file", "environment"}, member_path("secrets", secret.key()));
    }
    for (const auto& service : section(file, "services")) {
      check_service(service.value(), member_path("services", service.key()));
    }
    return std::move(problems_);
  }

 private:
  void check_volume(const Json& volume, const std::string& path) {
    if (!base::bool_at(volume, "external")) return;
    for (const auto& member : volume.get_object()) {
      const std::string_view name = member.key();
      if (name == "name" || name == "external" || name.starts_with("x-")) continue;
      problems_.push_back({member_path(path, name), "may not be set where external is true"});
    }
  }

  void check_source(const Json& value, std::initializer_list<std::string_view> keys, const std::string& path) {
    if (!value.is_object()) return;
    const JsonObject& object = value.get_object();
    std::string all;
    int count = 0;
    for (const std::string_view key : keys) {
      (all += all.empty() ? "" : ", ") += key;
      if (object.contains(key)) ++count;
    }
    if (count > 1) problems_.push_back({path, "only one of " + all + " may be set"});
    if (count == 0 && !object.contains("driver") && !object.contains("external")) {
      problems_.push_back({path, "one of " + all + " must be set, or external"});
    }
  }

  void check_requests(const Json* requests, const std::string& path) {
    if (requests == nullptr || !requests->is_array()) return;
    std::size_t index = 0;
    for (const Json& request : requests->get_array()) {
      const std::string where = item_path(path, index++);
      if (!request.is_object()) continue;
      if (request.get_object().contains("count") && request.get_object().contains("device_ids")) {
        problems_.push_back({where, "only one of count, device_ids may be set"});
      }
    }
  }

  void check_service(const Json& service, const std::string& path) {
    check_requests(base::find_path(service, "gpus"), path + ".gpus");
    check_requests(base::find_path(service, "deploy.resources.reservations.devices"),
                   path + ".deploy.resources.reservations.devices");
    const Json* ports = base::find_path(service, "ports");
    if (ports == nullptr || !ports->is_array()) return;
    std::size_t index = 0;
    for (const Json& port : ports->get_array()) {
      const std::string where = item_path(path + ".ports", index++);
      const Json* address = base::find_path(port, "host_ip");
      if (address == nullptr || is_address(scalar_text(*address))) continue;
      problems_.push_back({where + ".host_ip", "must be an IP address, found \"" + scalar_text(*address) + "\""});
    }
  }

  Problems problems_;
};

}  // namespace

Problems check_rules(const Json& file) { return Rules().check(file); }

}  // namespace berth::compose
