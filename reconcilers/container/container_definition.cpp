// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/container_definition.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "reconcilers/container/definition_host.hpp"

namespace berth::reconcilers {
namespace {

using base::find_path;
using base::Json;
using base::JsonArray;
using base::JsonObject;
using base::string_at;

const Json* at(const Json& value, std::string_view path) {
  const Json* found = find_path(value, path);
  return found && is_something(*found) ? found : nullptr;
}

// The member, where it differs from the image's, under another name.
void take_other(JsonObject& to, const char* name, const Json& inspect, const Json& image, const std::string& path) {
  const Json* has = at(inspect, path);
  const Json* given = at(image, path);
  if (has && !(given && base::json_equal(*has, *given))) to[name] = *has;
}

// "source:/target:ro", "/target" of an anonymous one.
std::string target_of_bind(std::string_view bind) {
  const std::size_t first = bind.find(':');
  if (first == std::string_view::npos) return std::string(bind);
  return std::string(bind.substr(first + 1, bind.find(':', first + 1) - first - 1));
}

// Those that the container's creator asked for. Version 1 of docker compose does so also where it mounts something:
// that is no volume of its own.
void take_anonymous_volumes(JsonObject& to, const Json& inspect, const Json& image) {
  std::set<std::string> covered;
  for (const Json& mount : list_at(inspect, "HostConfig.Mounts")) covered.emplace(string_at(mount, "Target"));
  for (const Json& bind : list_at(inspect, "HostConfig.Binds")) covered.insert(target_of_bind(bind.as_string()));
  JsonArray anonymous;
  for (const auto& [path, ignored] : object_at(inspect, "Config.Volumes")) {
    const bool given = object_at(image, "Config.Volumes").contains(path);
    if (!given && !covered.contains(path)) anonymous.push_back(Json(path));
  }
  if (!anonymous.empty()) to["Config.Volumes"] = std::move(anonymous);
}

// "A=1" to its two halves.
std::map<std::string, std::string> variables(const Json& from) {
  std::map<std::string, std::string> found;
  for (const Json& each : list_at(from, "Config.Env")) {
    const std::string text(each.as_string());
    const std::size_t equals = text.find('=');
    found[text.substr(0, equals)] = equals == std::string::npos ? "" : text.substr(equals + 1);
  }
  return found;
}

void take_env(JsonObject& to, const Json& inspect, const Json& image) {
  const auto given = variables(image);
  JsonArray env;
  for (const auto& [name, value] : variables(inspect)) {
    const auto same = given.find(name);
    if (same == given.end() || same->second != value) env.push_back(JsonObject{{"name", name}, {"value", value}});
  }
  if (!env.empty()) to["env"] = std::move(env);
}

// A command of its own takes the image's arguments away.
void take_command(JsonObject& to, const Json& inspect, const Json& image) {
  const Json* entrypoint = at(inspect, "Config.Entrypoint");
  const Json* command = at(inspect, "Config.Cmd");
  const Json* given_entrypoint = at(image, "Config.Entrypoint");
  const Json* given_command = at(image, "Config.Cmd");
  const auto same = [](const Json* one, const Json* other) {
    return one ? other && base::json_equal(*one, *other) : !other;
  };
  const bool same_entrypoint = same(entrypoint, given_entrypoint);
  if (!same_entrypoint) to["command"] = entrypoint ? *entrypoint : Json(JsonArray{});
  if (command && !(same_entrypoint && same(command, given_command))) to["args"] = *command;
}

void take_healthcheck(JsonObject& to, const Json& inspect, const Json& image) {
  static const std::pair<const char*, const char*> kTimes[] = {{"interval", "Interval"},
                                                               {"timeout", "Timeout"},
                                                               {"startPeriod", "StartPeriod"},
                                                               {"startInterval", "StartInterval"}};
  JsonObject check;
  take_other(check, "test", inspect, image, "Config.Healthcheck.Test");
  take_other(check, "retries", inspect, image, "Config.Healthcheck.Retries");
  for (const auto& [name, field] : kTimes) {
    JsonObject one;
    take_other(one, name, inspect, image, std::string("Config.Healthcheck.") + field);
    if (!one.empty()) check[name] = duration_text(one[name].as_int64());
  }
  if (!check.empty()) to["healthcheck"] = std::move(check);
}

void take_labels(JsonObject& to, const Json& inspect, const Json& image) {
  JsonObject labels;
  const Json* given = at(image, "Config.Labels");
  for (const auto& [key, value] : object_at(inspect, "Config.Labels")) {
    const std::string_view name(key);
    if (name.starts_with("com.docker.compose.") || name.starts_with("berth.dev/")) continue;
    const Json* same = given ? given->get_object().if_contains(key) : nullptr;
    if (!same || !base::json_equal(*same, value)) labels[key] = value;
  }
  if (!labels.empty()) to["labels"] = std::move(labels);
}

void take_hostname(JsonObject& to, const Json& inspect) {
  const std::string_view mode = string_at(inspect, "HostConfig.NetworkMode");
  if (mode == "host" || mode.starts_with("container:")) return;
  const std::string_view name = string_at(inspect, "Config.Hostname");
  if (!name.empty() && !string_at(inspect, "Id").starts_with(name)) to["hostname"] = name;
}

JsonArray expose_of(const Json& inspect, const Json& image) {
  std::set<std::string> ports;
  for (const auto& [port, ignored] : object_at(inspect, "Config.ExposedPorts")) {
    const bool published = object_at(inspect, "HostConfig.PortBindings").contains(port);
    const bool given = object_at(image, "Config.ExposedPorts").contains(port);
    // Clients may leave the protocol away, and the engine keeps it so.
    const bool plain = port.find('/') == std::string_view::npos;
    if (!published && !given) ports.insert(std::string(port) + (plain ? "/tcp" : ""));
  }
  return JsonArray(ports.begin(), ports.end());
}

void lay_over(JsonObject& target, const JsonObject& image, const char* member) {
  const Json* given = image.if_contains(member);
  if (!given || !is_something(*given)) return;
  Json& has = target[member];
  if (!is_something(has)) {
    has = *given;
  } else if (has.is_object()) {
    for (const auto& [key, value] : given->get_object()) {
      if (!has.as_object().contains(key)) has.as_object()[key] = value;
    }
  }
}

std::map<std::string, Json> by_name(const Json* list) {
  std::map<std::string, Json> found;
  if (!list) return found;
  for (const Json& each : list->as_array()) found[std::string(string_at(each, "name"))] = each;
  return found;
}

}  // namespace

Json definition_of(const Json& inspect, const Json& image) {
  JsonObject spec;
  take_command(spec, inspect, image);
  take_env(spec, inspect, image);
  take_labels(spec, inspect, image);
  take_healthcheck(spec, inspect, image);
  take_hostname(spec, inspect);
  for (const auto& [name, field] : {std::pair("user", "User"),
                                    {"workingDir", "WorkingDir"},
                                    {"stopSignal", "StopSignal"},
                                    {"domainname", "Domainname"},
                                    {"stopTimeout", "StopTimeout"},
                                    {"macAddress", "MacAddress"}}) {
    take_other(spec, name, inspect, image, std::string("Config.") + field);
  }
  if (base::bool_at(inspect, "Config.Tty")) spec["tty"] = true;
  if (base::bool_at(inspect, "Config.OpenStdin")) spec["stdin"] = true;
  if (JsonArray expose = expose_of(inspect, image); !expose.empty()) spec["expose"] = std::move(expose);
  take_anonymous_volumes(spec, inspect, image);
  take_host_config(spec, inspect);
  return spec;
}

// As the engine merges an image into a create.
Json inspect_of(const Json& body, const Json& image) {
  JsonObject config = body.as_object();
  Json host = config["HostConfig"].is_object() ? config["HostConfig"] : Json(JsonObject{});
  config.erase("HostConfig");
  config.erase("NetworkingConfig");
  const JsonObject& given = object_at(image, "Config");
  const bool own_entrypoint = config.contains("Entrypoint");
  if (!own_entrypoint) {
    lay_over(config, given, "Cmd");
    lay_over(config, given, "Entrypoint");
  }
  for (const char* member :
       {"User", "WorkingDir", "StopSignal", "StopTimeout", "Healthcheck", "Labels", "ExposedPorts", "Volumes"}) {
    lay_over(config, given, member);
  }
  Json made = JsonObject{{"Id", ""}, {"HostConfig", std::move(host)}};
  auto env = variables(image);
  made.as_object()["Config"] = std::move(config);
  for (auto& [name, value] : variables(made)) env[name] = value;
  JsonArray lines;
  for (const auto& [name, value] : env) lines.push_back(Json(name + "=" + value));
  base::make_path(made, "Config")["Env"] = std::move(lines);
  return made;
}

std::vector<std::string> differing_fields(const Json& has, const Json& wanted) {
  std::set<std::string> keys;
  for (const auto& [key, value] : has.as_object()) keys.emplace(key);
  for (const auto& [key, value] : wanted.as_object()) keys.emplace(key);
  std::vector<std::string> fields;
  for (const std::string& key : keys) {
    const Json* one = has.as_object().if_contains(key);
    const Json* other = wanted.as_object().if_contains(key);
    if (one && other && base::json_equal(*one, *other)) continue;
    if (key != "env") {
      fields.push_back(key.find('.') != std::string::npos ? key : "spec." + key);
      continue;
    }
    auto here = by_name(one);
    auto there = by_name(other);
    for (const auto& [name, value] : here) {
      if (!there.contains(name) || !base::json_equal(there[name], value)) fields.push_back("spec.env[" + name + "]");
    }
    for (const auto& [name, value] : there) {
      if (!here.contains(name)) fields.push_back("spec.env[" + name + "]");
    }
  }
  return fields;
}

JsonArray networks_of(const Json& inspect) {
  const std::string_view mode = string_at(inspect, "HostConfig.NetworkMode");
  JsonArray networks;
  if (mode == "host" || mode == "none" || mode.starts_with("container:")) return networks;
  const std::string short_id(string_at(inspect, "Id").substr(0, 12));
  const JsonObject& all = object_at(inspect, "NetworkSettings.Networks");
  if (all.size() == 1 && all.begin()->key() == "bridge") return networks;
  for (const auto& [name, endpoint] : all) {
    JsonObject one{{"name", name}};
    JsonArray aliases;
    for (const Json& alias : list_at(endpoint, "Aliases")) {
      if (alias.as_string() != short_id) aliases.push_back(alias);
    }
    if (!aliases.empty()) one["aliases"] = std::move(aliases);
    for (const auto& [field, member] :
         {std::pair("ipv4Address", "IPAMConfig.IPv4Address"), {"ipv6Address", "IPAMConfig.IPv6Address"}}) {
      if (const auto fixed = string_at(endpoint, member); !fixed.empty()) one[field] = fixed;
    }
    networks.insert(name == mode ? networks.begin() : networks.end(), Json(std::move(one)));
  }
  return networks;
}

}  // namespace berth::reconcilers
