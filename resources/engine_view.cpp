// SPDX-License-Identifier: Apache-2.0
#include "resources/engine_view.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "resources/object/object_key.hpp"
#include "resources/request/list_position.hpp"
#include "resources/request/selector.hpp"

namespace berth::resources {
namespace {

using base::JsonArray;
using base::JsonObject;
using base::string_at;
using Sort = EnginePort::Sort;

constexpr std::string_view kMask = "********";
constexpr std::size_t kShortId = 12;

enum class Detail { Listed, Single };

Sort sort_of(const Kind& kind) {
  if (kind.kind == "EngineImage") return Sort::Images;
  if (kind.kind == "EngineNetwork") return Sort::Networks;
  return kind.kind == "EngineVolume" ? Sort::Volumes : Sort::Containers;
}

char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

bool looks_secret(std::string_view key) {
  constexpr std::array<std::string_view, 10> kWords{"PASS",       "SECRET", "TOKEN", "KEY", "PRIVATE",
                                                    "CREDENTIAL", "AUTH",   "PWD",   "DSN", "COOKIE"};
  std::string upper(key);
  std::ranges::transform(upper, upper.begin(), to_upper);
  if (upper == "PWD" || upper == "OLDPWD") return false;
  return std::ranges::any_of(kWords, [&upper](std::string_view word) { return upper.find(word) != std::string::npos; });
}

// "postgres://user:password@db".
bool holds_password(std::string_view value) {
  const std::size_t scheme = value.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view authority = value.substr(scheme + 3, value.find('/', scheme + 3) - scheme - 3);
  const std::size_t at = authority.rfind('@');
  return at != std::string_view::npos && authority.substr(0, at).find(':') != std::string_view::npos;
}

std::string short_id(Sort sort, const std::string& id) {
  if (sort == Sort::Volumes) return base::to_hex(base::sha256(id)).substr(0, kShortId);
  const std::size_t colon = id.find(':');
  return id.substr(colon == std::string::npos ? 0 : colon + 1, kShortId);
}

std::string name_of(Sort sort, const EngineObject& object) { return object.host + "." + short_id(sort, object.id); }

std::string owner_of(const EngineObject& object) {
  return object.managed_by.empty() ? "" : object.managed_kind + " " + object.managed_by;
}

void put(JsonObject& into, const char* key, std::string_view value) {
  if (!value.empty()) into[key] = value;
}

void put_time(JsonObject& into, const char* key, std::string_view text) {
  const auto time = text.starts_with("0001-") ? std::nullopt : base::parse_time(text);
  if (time) into[key] = base::format_time(*time);
}

JsonArray strings_at(const Json& value, std::string_view path) {
  JsonArray all;
  const Json* found = base::find_path(value, path);
  if (found == nullptr || !found->is_array()) return all;
  for (const Json& each : found->get_array()) {
    // An image without a tag is listed with this one.
    if (each.is_string() && each.get_string() != "<none>:<none>" && each.get_string() != "<none>@<none>") {
      all.push_back(each);
    }
  }
  return all;
}

// Who is on what, of one host.
struct Users {
  std::map<std::string, std::vector<const EngineObject*>> of_image;  // by id
  std::map<std::string, std::vector<const EngineObject*>> of_network;
  std::map<std::string, std::vector<const EngineObject*>> of_volume;  // by name
};

std::string container_name(const EngineObject& container) {
  const std::string_view name = string_at(container.value, "Name");
  return std::string(name.substr(name.starts_with('/') ? 1 : 0));
}

Users users_among(const std::vector<EngineObject>& containers) {
  Users users;
  for (const EngineObject& each : containers) {
    users.of_image[std::string(string_at(each.value, "Image"))].push_back(&each);
    const Json* networks = base::find_path(each.value, "NetworkSettings.Networks");
    if (networks != nullptr && networks->is_object()) {
      for (const auto& [name, endpoint] : networks->get_object()) {
        users.of_network[std::string(string_at(endpoint, "NetworkID"))].push_back(&each);
      }
    }
    const Json* mounts = base::find_path(each.value, "Mounts");
    if (mounts == nullptr || !mounts->is_array()) continue;
    for (const Json& mount : mounts->get_array()) {
      if (string_at(mount, "Type") == "volume") {
        users.of_volume[std::string(string_at(mount, "Name"))].push_back(&each);
      }
    }
  }
  return users;
}

const std::vector<const EngineObject*>& users_of(const std::map<std::string, std::vector<const EngineObject*>>& all,
                                                 const std::string& id) {
  static const std::vector<const EngineObject*> none;
  const auto found = all.find(id);
  return found == all.end() ? none : found->second;
}

void put_users(JsonObject& into, const std::vector<const EngineObject*>& users) {
  JsonArray names;
  for (const EngineObject* user : users) names.emplace_back(container_name(*user));
  if (!names.empty()) into["usedBy"] = std::move(names);
}

JsonArray ports_of(const Json& inspect) {
  JsonArray ports;
  const Json* published = base::find_path(inspect, "NetworkSettings.Ports");
  if (published == nullptr || !published->is_object()) return ports;
  for (const auto& [key, bindings] : published->get_object()) {
    const std::string text(key);
    std::string protocol = text.substr(std::min(text.find('/'), text.size() - 1) + 1);
    std::ranges::transform(protocol, protocol.begin(), to_upper);
    const JsonObject port{{"containerPort", std::atoi(text.c_str())}, {"protocol", protocol}};
    if (!bindings.is_array() || bindings.get_array().empty()) ports.push_back(port);
    if (!bindings.is_array()) continue;
    for (const Json& binding : bindings.get_array()) {
      JsonObject bound = port;
      bound["hostPort"] = std::atoi(std::string(string_at(binding, "HostPort")).c_str());
      put(bound, "hostIP", string_at(binding, "HostIp"));
      ports.push_back(std::move(bound));
    }
  }
  return ports;
}

JsonArray mounts_of(const Json& inspect) {
  JsonArray mounts;
  const Json* found = base::find_path(inspect, "Mounts");
  if (found == nullptr || !found->is_array()) return mounts;
  for (const Json& each : found->get_array()) {
    JsonObject mount{{"type", string_at(each, "Type")}, {"target", string_at(each, "Destination")}};
    const std::string_view name = string_at(each, "Name");
    put(mount, "source", name.empty() ? string_at(each, "Source") : name);
    if (!base::bool_at(each, "RW", true)) mount["readOnly"] = true;
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

// A Secret may be behind any key of what Berth made; its spec shows the literal ones to those who may read it.
JsonArray env_of(const EngineObject& container) {
  JsonArray env;
  for (const Json& each : strings_at(container.value, "Config.Env")) {
    const std::string_view text = each.get_string();
    if (container.managed_by.empty()) {
      env.emplace_back(masked_variable(text));
    } else {
      env.emplace_back(std::string(text.substr(0, text.find('='))).append("=").append(kMask));
    }
  }
  return env;
}

void describe_container(JsonObject& into, const EngineObject& container, Detail detail) {
  const Json& inspect = container.value;
  into["id"] = container.id;
  into["containerName"] = container_name(container);
  put(into, "image", string_at(inspect, "Config.Image"));
  put(into, "imageID", string_at(inspect, "Image"));
  const std::string_view state = string_at(inspect, "State.Status");
  put(into, "state", state);
  if (state == "running") put(into, "health", string_at(inspect, "State.Health.Status"));
  if (state == "exited" || state == "dead") into["exitCode"] = base::int_at(inspect, "State.ExitCode");
  put_time(into, "startedAt", string_at(inspect, "State.StartedAt"));
  if (JsonArray ports = ports_of(inspect); !ports.empty()) into["ports"] = std::move(ports);
  if (JsonArray mounts = mounts_of(inspect); !mounts.empty()) into["mounts"] = std::move(mounts);
  JsonArray networks;
  const Json* connected = base::find_path(inspect, "NetworkSettings.Networks");
  if (connected != nullptr && connected->is_object()) {
    for (const auto& [name, endpoint] : connected->get_object()) networks.emplace_back(name);
  }
  if (!networks.empty()) into["networks"] = std::move(networks);
  if (detail == Detail::Single) into["env"] = env_of(container);
  put(into, "managed", owner_of(container));
}

void describe_image(JsonObject& into, const EngineObject& image, const Users& users) {
  into["id"] = image.id;
  into["tags"] = strings_at(image.value, "RepoTags");
  into["digests"] = strings_at(image.value, "RepoDigests");
  into["size"] = base::int_at(image.value, "Size");
  const auto& used = users_of(users.of_image, image.id);
  put_users(into, used);
  std::string managed;
  for (const EngineObject* user : used) {
    const std::string owner = owner_of(*user);
    if (!owner.empty()) managed += (managed.empty() ? "" : ", ") + owner;
  }
  put(into, "managed", managed);
}

void describe_network(JsonObject& into, const EngineObject& network, const Users& users) {
  into["id"] = network.id;
  into["networkName"] = string_at(network.value, "Name");
  put(into, "driver", string_at(network.value, "Driver"));
  put(into, "scope", string_at(network.value, "Scope"));
  if (base::bool_at(network.value, "Internal")) into["internal"] = true;
  JsonArray subnets;
  const Json* config = base::find_path(network.value, "IPAM.Config");
  if (config != nullptr && config->is_array()) {
    for (const Json& each : config->get_array()) {
      if (const auto subnet = string_at(each, "Subnet"); !subnet.empty()) subnets.emplace_back(subnet);
    }
  }
  if (!subnets.empty()) into["subnets"] = std::move(subnets);
  put_users(into, users_of(users.of_network, network.id));
  put(into, "managed", owner_of(network));
}

void describe_volume(JsonObject& into, const EngineObject& volume, const Users& users) {
  into["volumeName"] = volume.id;
  put(into, "driver", string_at(volume.value, "Driver"));
  put(into, "mountpoint", string_at(volume.value, "Mountpoint"));
  put_users(into, users_of(users.of_volume, volume.id));
  put(into, "managed", owner_of(volume));
}

JsonObject metadata_of(Sort sort, const EngineObject& object) {
  JsonObject metadata{{"name", name_of(sort, object)}, {"uid", object.id}};
  if (sort == Sort::Images) {
    const base::WallTime made{std::chrono::seconds(base::int_at(object.value, "Created"))};
    metadata["creationTimestamp"] = base::format_time(made);
  } else {
    put_time(metadata, "creationTimestamp", string_at(object.value, sort == Sort::Volumes ? "CreatedAt" : "Created"));
  }
  const Json* labels = base::find_path(object.value, sort == Sort::Containers ? "Config.Labels" : "Labels");
  if (labels != nullptr && labels->is_object() && !labels->get_object().empty()) metadata["labels"] = *labels;
  return metadata;
}

Json shown(const Kind& kind, const EngineObject& object, const Users& users, Detail detail) {
  const Sort sort = sort_of(kind);
  JsonObject made{{"apiVersion", kind.api_version()},
                  {"kind", kind.kind},
                  {"metadata", metadata_of(sort, object)},
                  {"host", object.host}};
  switch (sort) {
    case Sort::Containers:
      describe_container(made, object, detail);
      break;
    case Sort::Images:
      describe_image(made, object, users);
      break;
    case Sort::Networks:
      describe_network(made, object, users);
      break;
    case Sort::Volumes:
      describe_volume(made, object, users);
      break;
  }
  return made;
}

Object as_object(const Json& value, Revision revision) {
  return {std::make_shared<const std::string>(base::to_canonical(value)), revision};
}

// The host that a selector asks for, "" for every one.
std::string only_host(std::string_view fields) {
  for (const FieldRequirement& field : parse_field_selector(fields)) {
    if (field.path == "host" && field.op == FieldRequirement::Operator::Equals) return field.value;
  }
  return "";
}

EngineObject find_named(const EnginePort& port, const Kind& kind, std::string_view name) {
  const std::string host(name.substr(0, name.rfind('.')));
  if (!host.empty()) {
    for (EngineObject& each : port.list(sort_of(kind), host)) {
      if (name_of(sort_of(kind), each) == name) return std::move(each);
    }
  }
  throw base::not_found(kind.resource(), name);
}

}  // namespace

std::string masked_variable(std::string_view variable) {
  const std::size_t equals = variable.find('=');
  if (equals == std::string_view::npos) return std::string(variable);
  const std::string_view key = variable.substr(0, equals);
  if (!looks_secret(key) && !holds_password(variable.substr(equals + 1))) return std::string(variable);
  return std::string(key).append("=").append(kMask);
}

EnginePort& EngineView::port() const {
  if (EnginePort* const port = port_) return *port;
  throw base::unavailable("no engine is served yet", std::chrono::seconds(1));
}

Object EngineView::get(const Kind& kind, std::string_view name) const {
  const EngineObject found = find_named(port(), kind, name);
  std::vector<EngineObject> containers;
  if (sort_of(kind) != Sort::Containers) containers = port().list(Sort::Containers, found.host);
  return as_object(shown(kind, found, users_among(containers), Detail::Single), 0);
}

ListPage EngineView::list(const Kind& kind, const ListOptions& options, Revision now) const {
  read_list_position(options);  // always the newest and all of it; but what is no position is refused, as of any list
  const Selector selector = Selector::parse(kind, options.label_selector, options.field_selector);
  const std::string host = only_host(options.field_selector);
  const Sort sort = sort_of(kind);
  std::vector<EngineObject> containers;
  if (sort != Sort::Containers) containers = port().list(Sort::Containers, host);
  std::map<std::string, std::vector<EngineObject>> by_host;
  for (EngineObject& each : containers) by_host[each.host].push_back(std::move(each));
  std::map<std::string, Users> users;
  for (const auto& [name, all] : by_host) users.emplace(name, users_among(all));
  ListPage page;
  page.revision = now;
  for (const EngineObject& each : port().list(sort, host)) {
    const Json made = shown(kind, each, users[each.host], Detail::Listed);
    const std::string key = key_of(kind, "", string_at(made, "metadata.name"));
    const std::vector<std::string> terms = index_terms(kind, made);
    store::Entry entry;
    entry.key = key;
    entry.terms = terms;
    if (selector.matches(kind, entry)) page.items.push_back(as_object(made, now));
  }
  return page;
}

Task<Written> EngineView::remove(Caller caller, const Kind& kind, std::string name, DeleteOptions options) const {
  const Object live = get(kind, name);
  const EngineObject found = find_named(port(), kind, name);
  if (!options.uid.empty() && options.uid != found.id) {
    throw base::conflict(kind.resource(), name,
                         "the UID in the precondition (" + options.uid + ") does not match (" + found.id + ")");
  }
  if (options.dry_run == DryRun::No) co_await port().remove_image(std::move(caller), found.host, found.id);
  co_return Written{live, Written::Outcome::Deleted, {}};
}

}  // namespace berth::resources
