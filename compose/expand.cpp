// SPDX-License-Identifier: Apache-2.0
#include "compose/expand.hpp"

#include <algorithm>
#include <set>

#include "base/crypto.hpp"
#include "base/status.hpp"
#include "compose/expander.hpp"
#include "compose/scalars.hpp"
#include "compose/secret_text.hpp"

namespace berth::compose {

namespace {

constexpr std::int64_t kMaxContainers = 1'000;
constexpr std::size_t kMaxBytes = 32 * 1024 * 1024;  // of all containers

// A service before those that depend on it, alphabetical among equals. The model has no cycles.
std::vector<std::string> start_order(const JsonObject& services) {
  std::set<std::string> waiting;
  for (const auto& member : services) waiting.emplace(member.key());
  std::vector<std::string> order;
  while (!waiting.empty()) {
    const std::size_t before = order.size();
    std::vector<std::string> ready;
    for (const std::string& name : waiting) {
      const JsonObject& needs = members(services.at(name), "depends_on");
      const bool free = std::none_of(needs.begin(), needs.end(),
                                     [&](const auto& need) { return waiting.contains(std::string(need.key())); });
      if (free) ready.push_back(name);
    }
    for (const std::string& name : ready) {
      waiting.erase(name);
      order.push_back(name);
    }
    if (order.size() == before) break;
  }
  return order;
}

std::int64_t replicas_of(Expander& with, const std::string& name, const Json& service) {
  if (base::string_at(service, "deploy.mode") == "global") {
    with.warn("services." + name + ".deploy.mode", "there is one host: global means one container");
    return 1;
  }
  return base::int_at(service, "scale", base::int_at(service, "deploy.replicas", 1));
}

// Services that make containers; the others are skipped with a warning.
void name_containers(Expander& with, const std::vector<std::string>& order) {
  std::int64_t total = 0;
  for (const std::string& name : order) {
    const Json& service = *members(with.model.json, "services").if_contains(name);
    const std::string path = "services." + name;
    if (service.get_object().contains("provider")) {
      with.warn(path + ".provider", "not supported: the service is skipped");
      continue;
    }
    if (!service.get_object().contains("image")) {
      with.warn(path + ".build", "nothing is built here, and there is no image: the service is skipped");
      continue;
    }
    const std::int64_t count = replicas_of(with, name, service);
    total += std::min(count, kMaxContainers + 1);
    if (total > kMaxContainers) return with.fail(path, "the stack has more than 1000 containers");
    std::vector<std::string>& names = with.containers[name];
    const std::string_view fixed = base::string_at(service, "container_name");
    for (std::int64_t i = 1; i <= count; ++i) {
      names.push_back(fixed.empty() ? with.project + "-" + name + "-" + std::to_string(i) : std::string(fixed));
    }
  }
}

bool any_secret(const Json& value) {
  if (value.is_string()) return has_secret(value.get_string());
  if (value.is_array()) return std::any_of(value.get_array().begin(), value.get_array().end(), any_secret);
  if (!value.is_object()) return false;
  return std::any_of(value.get_object().begin(), value.get_object().end(),
                     [](const auto& member) { return any_secret(member.value()) || has_secret(member.key()); });
}

std::vector<Json> make_containers(Expander& with, const std::vector<std::string>& order) {
  std::vector<Json> made;
  std::size_t bytes = 0;
  for (const std::string& name : order) {
    const auto found = with.containers.find(name);
    if (found == with.containers.end()) continue;
    const Json& service = *members(with.model.json, "services").if_contains(name);
    for (std::size_t i = 0; i < found->second.size(); ++i) {
      const Instance instance{with, name, service, i + 1, "services." + name};
      if (i == 0) report_unsupported(instance);
      JsonObject spec = container_spec(instance);
      for (const auto& field : spec) {
        if (!any_secret(field.value())) continue;
        with.fail(instance.path, "a secret's value would stand in the open in " + std::string(field.key()) +
                                     ": it may go into environment, configs and secrets");
      }
      bytes += base::to_canonical(spec).size();
      if (bytes > kMaxBytes) {
        with.fail("", "the containers take more than 32 MiB");
        return {};
      }
      Json object = with.object("Container", found->second[i], {{"com.docker.compose.service", name}});
      object.get_object()["spec"] = std::move(spec);
      made.push_back(std::move(object));
    }
  }
  return made;
}

// Only what a container uses; what is external is somebody else's.
void add_used(Expander& with, const char* section, Json (*make)(Expander&, const std::string&, const Json&)) {
  std::set<std::string> used;
  for (const auto& [name, containers] : with.containers) {
    const Json& service = *members(with.model.json, "services").if_contains(name);
    for (const auto& member : members(service, section)) used.emplace(member.key());
    for (const Json& mount : items(service, section)) {
      if (base::string_at(mount, "type") == "volume") used.emplace(base::string_at(mount, "source"));
    }
  }
  for (const std::string& key : used) {
    const Json* resource = members(with.model.json, section).if_contains(key);
    if (resource == nullptr || base::bool_at(*resource, "external")) continue;
    Json object = make(with, key, *resource);
    if (any_secret(object)) with.fail(member_path(section, key), "a secret's value would stand in the open");
    with.out.objects.push_back(std::move(object));
  }
}

// "": every address.
std::string_view address_of(const Json& port) {
  const std::string_view address = base::string_at(port, "hostIP");
  return address == "0.0.0.0" || address == "::" ? std::string_view() : address;
}

// Ports of the host that are taken, and by whom.
class TakenPorts {
 public:
  explicit TakenPorts(Expander& with) : with_(with) {}

  void add(const std::string& name, const Json& port) {
    const std::int64_t number = base::int_at(port, "hostPort");
    if (number == 0) return;
    const std::string what = std::to_string(number) + "/" + std::string(base::string_at(port, "protocol"));
    const std::string address(address_of(port));
    for (const auto& [other, at] : taken_[what]) {
      if (at != address && !at.empty() && !address.empty()) continue;
      return with_.fail("", other + " and " + name + " both publish " + (address.empty() ? at : address) + ":" + what);
    }
    taken_[what].emplace_back(name, address);
  }

 private:
  Expander& with_;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> taken_;
};

// Two children with one name, and two containers on one port of the host.
void check_clashes(Expander& with) {
  std::map<std::string, std::string> names;
  TakenPorts ports(with);
  for (const Json& object : with.out.objects) {
    const std::string kind(base::string_at(object, "kind"));
    const std::string name(base::string_at(object, "metadata.name"));
    if (!names.emplace(kind + "/" + name, name).second)
      with.fail("", "two of the stack's " + kind + "s would be named " + name);
    for (const Json& port : items(object, "spec.ports")) ports.add(name, port);
  }
}

// The model leaves out what is empty.
void check_names(Expander& with) {
  for (const char* section : {"networks", "volumes", "configs", "secrets"}) {
    for (const auto& member : members(with.model.json, section)) {
      if (!member.value().get_object().contains("name")) {
        with.fail(member_path(section, member.key()) + ".name", "must not be empty");
      }
    }
  }
}

void fill(Expander& with) {
  check_names(with);
  const std::vector<std::string> order = start_order(members(with.model.json, "services"));
  name_containers(with, order);
  if (!with.out.errors.empty()) return;
  std::vector<Json> containers = make_containers(with, order);
  for (auto& [name, object] : with.contents) with.out.objects.push_back(std::move(object));
  if (!with.env_secret.empty()) {
    Json secret = with.object("Secret", with.target.stack + "-env", {});
    secret.get_object()["data"] = std::move(with.env_secret);
    with.out.objects.push_back(std::move(secret));
  }
  add_used(with, "networks", network_object);
  add_used(with, "volumes", volume_object);
  for (auto& [name, object] : with.volumes) with.out.objects.push_back(std::move(object));
  for (Json& object : containers) with.out.objects.push_back(std::move(object));
  check_clashes(with);
}

void add_errors(const base::Status& status, Problems& errors) {
  for (const base::Cause& cause : status.details().causes) errors.push_back({cause.field, cause.message});
  if (status.details().causes.empty()) errors.push_back({"", status.message()});
}

}  // namespace

std::string child_name(std::string_view engine_name) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  std::string name = to_lower(engine_name);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool between = i > 0 && i + 1 < name.size() && is_word(name[i - 1]) && is_word(name[i + 1]);
    const bool allowed = is_word(name[i]) || name[i] == '-' || (name[i] == '.' && between);
    if (!allowed) name[i] = '-';
  }
  if (name == engine_name && !name.empty() && is_word(name.back())) return name;
  const std::string digest = base::sha256(engine_name);
  constexpr std::string_view kDigits = "0123456789abcdef";
  name += '-';
  for (std::size_t i = 0; i < 4; ++i) {
    const auto byte = static_cast<unsigned char>(digest[i]);
    name += kDigits[byte >> 4];
    name += kDigits[byte & 15];
  }
  return name;
}

Expansion expand(const Sources& sources, const Target& target) {
  Expansion made;
  try {
    const Model model = load_model(sources);
    made.project = base::string_at(model.json, "name");
    made.warnings = model.warnings;
    Expander with{sources, target, model, made.project, made};
    fill(with);
  } catch (const base::Status& status) {
    add_errors(status, made.errors);
  }
  for (Problems* problems : {&made.errors, &made.warnings}) {
    for (Problem& problem : *problems) problem = {shown(problem.path), shown(problem.message)};
  }
  if (!made.errors.empty()) made.objects.clear();
  return made;
}

}  // namespace berth::compose
