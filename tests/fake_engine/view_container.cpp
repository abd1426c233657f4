// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <ctime>

#include "tests/fake_engine/default_config.hpp"
#include "tests/fake_engine/world.hpp"

namespace berth::fake_engine {

using base::find_path;
using base::string_at;

std::string engine_time(std::int64_t nano) {
  if (nano == 0) return "0001-01-01T00:00:00Z";
  const std::time_t seconds = nano / 1'000'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  const std::string fraction = std::to_string(1'000'000'000 + nano % 1'000'000'000).substr(1);
  return std::string(text, length) + "." + fraction + "Z";
}

namespace {

Json health_of(const FakeContainer& container) {
  return JsonObject{
      {"Status", container.health}, {"FailingStreak", container.health == "unhealthy" ? 3 : 0}, {"Log", JsonArray{}}};
}

Json state_of(const FakeContainer& container) {
  JsonObject state{{"Status", container.state},
                   {"Running", container.running()},
                   {"Paused", container.state == "paused"},
                   {"Restarting", false},
                   {"OOMKilled", false},
                   {"Dead", false},
                   {"Pid", container.running() ? 4711 : 0},
                   {"ExitCode", container.exit_code},
                   {"Error", container.error},
                   {"StartedAt", engine_time(container.started)},
                   {"FinishedAt", engine_time(container.finished)}};
  if (!container.health.empty()) state["Health"] = health_of(container);
  return state;
}

std::string status_text(const FakeContainer& container) {
  if (container.state == "created") return "Created";
  if (container.state == "exited") return "Exited (" + std::to_string(container.exit_code) + ") 1 second ago";
  std::string text = "Up 1 second";
  if (container.state == "paused") return text + " (Paused)";
  if (container.health == "starting") return text + " (health: starting)";
  return container.health.empty() ? text : text + " (" + container.health + ")";
}

Json endpoint_view(const FakeContainer& container, const Endpoint& endpoint, int minor) {
  JsonObject view{{"IPAMConfig", nullptr}, {"Links", nullptr}, {"Aliases", nullptr}, {"DriverOpts", nullptr}};
  for (const char* field : {"IPAMConfig", "Links", "DriverOpts", "Aliases"}) {
    if (const Json* sent = find_path(endpoint.settings, field)) view[field] = *sent;
  }
  const std::string network_name = endpoint.network.empty() ? "" : endpoint.network;
  const std::string mac(string_at(endpoint.settings, "MacAddress"));
  view["NetworkID"] = network_name;
  view["EndpointID"] = endpoint.endpoint_id;
  view["Gateway"] = endpoint.address.empty() ? "" : endpoint.address.substr(0, endpoint.address.rfind('.')) + ".1";
  view["IPAddress"] = endpoint.address;
  view["IPPrefixLen"] = endpoint.address.empty() ? 0 : 16;
  view["IPv6Gateway"] = "";
  view["GlobalIPv6Address"] = "";
  view["GlobalIPv6PrefixLen"] = 0;
  view["MacAddress"] = !mac.empty() ? mac : endpoint.address.empty() ? "" : "02:42:ac:11:00:02";
  if (minor >= 44) view["DNSNames"] = JsonArray{Json(container.name), Json(container.id.substr(0, 12))};
  if (minor >= 48) view["GwPriority"] = base::int_at(endpoint.settings, "GwPriority");
  return view;
}

JsonObject endpoint_views(const FakeContainer& container, const World& world, int minor) {
  JsonObject views;
  for (const auto& [name, endpoint] : container.endpoints) {
    // A container may have been created with the id of a network; the answer has names.
    const FakeNetwork* joined = endpoint.network.empty() ? nullptr : world.find_network(endpoint.network);
    JsonObject view = endpoint_view(container, endpoint, minor).as_object();
    // Below 1.52 the short id joins the aliases on networks of the user's own.
    if (minor < 52 && joined != nullptr && joined->name != "bridge" && joined->name != "host" &&
        joined->name != "none") {
      JsonArray aliases = view["Aliases"].is_array() ? view["Aliases"].as_array() : JsonArray{};
      aliases.emplace_back(container.id.substr(0, 12));
      view["Aliases"] = std::move(aliases);
    }
    views[joined == nullptr ? name : joined->name] = std::move(view);
  }
  return views;
}

Json binding_view(const std::string& address, const std::string& port) {
  return JsonObject{{"HostIp", address}, {"HostPort", port}};
}

JsonObject ports_of(const FakeContainer& container, Flavour flavour) {
  JsonObject ports;
  if (!container.running()) return ports;
  if (const Json* exposed = find_path(container.config, "ExposedPorts"); exposed != nullptr && exposed->is_object()) {
    for (const auto& [port, ignored] : exposed->as_object()) ports[port] = nullptr;
  }
  const Json* wanted = find_path(container.host_config, "PortBindings");
  if (wanted == nullptr || !wanted->is_object()) return ports;
  for (const auto& [port, list] : wanted->as_object()) {
    JsonArray bindings;
    if (!list.is_array()) continue;
    for (const Json& binding : list.as_array()) {
      std::string number(string_at(binding, "HostPort"));
      if (const auto random = container.random_ports.find(std::string(port)); random != container.random_ports.end()) {
        number = std::to_string(random->second);
      }
      const std::string address(string_at(binding, "HostIp"));
      // 20.10 takes a text that is no address for "everywhere".
      const bool everywhere =
          address.empty() || (flavour == Flavour::Engine20 && address.find_first_of(".:") == std::string::npos);
      bindings.push_back(binding_view(everywhere ? "0.0.0.0" : address, number));
      if (everywhere) bindings.push_back(binding_view("::", number));
    }
    ports[port] = std::move(bindings);
  }
  return ports;
}

JsonArray mounts_of(const FakeContainer& container) {
  JsonArray views;
  for (const auto& [path, name] : container.anonymous_volumes) {
    views.push_back(JsonObject{{"Type", "volume"},
                               {"Name", name},
                               {"Source", "/var/lib/docker/volumes/" + name + "/_data"},
                               {"Destination", path},
                               {"Driver", "local"},
                               {"Mode", ""},
                               {"RW", true},
                               {"Propagation", ""}});
  }
  const Json* mounts = find_path(container.host_config, "Mounts");
  if (mounts == nullptr || !mounts->is_array()) return views;
  for (const Json& mount : mounts->as_array()) {
    const std::string type(string_at(mount, "Type"));
    JsonObject view{
        {"Type", type}, {"Source", string_at(mount, "Source")},    {"Destination", string_at(mount, "Target")},
        {"Mode", "z"},  {"RW", !base::bool_at(mount, "ReadOnly")}, {"Propagation", type == "bind" ? "rprivate" : ""}};
    if (type == "volume") {
      view["Name"] = string_at(mount, "Source");
      view["Driver"] = "local";
      view["Source"] = "/var/lib/docker/volumes/" + std::string(string_at(mount, "Source")) + "/_data";
    }
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace

Json World::view_container(const FakeContainer& of, int minor) const {
  const Json* command = find_path(of.config, "Cmd");
  JsonArray words = command != nullptr && command->is_array() ? command->as_array() : JsonArray{};
  JsonObject network_settings{{"SandboxID", of.running() ? of.id : ""},
                              {"SandboxKey", ""},
                              {"Ports", ports_of(of, flavour_)},
                              {"Networks", endpoint_views(of, *this, minor)}};
  if (minor < 52) {
    const auto bridge = of.endpoints.find("bridge");
    network_settings["IPAddress"] = bridge == of.endpoints.end() ? "" : bridge->second.address;
    network_settings["Gateway"] = network_settings["MacAddress"] = network_settings["EndpointID"] = "";
    network_settings["IPPrefixLen"] = 0;
  }
  JsonObject view{{"Id", of.id},
                  {"Created", engine_time(of.created)},
                  {"Path", words.empty() ? Json("sh") : words.front()},
                  {"Args", words.size() < 2 ? JsonArray{} : JsonArray(words.begin() + 1, words.end())},
                  {"State", state_of(of)},
                  {"Image", of.image_id},
                  {"Name", "/" + of.name},
                  {"RestartCount", of.restart_count},
                  {"Driver", is_29() ? "overlayfs" : "overlay2"},
                  {"Platform", "linux"},
                  {"HostConfig", of.host_config},
                  {"Mounts", mounts_of(of)},
                  {"Config", of.config},
                  {"NetworkSettings", std::move(network_settings)}};
  if (minor < 52) {
    view["GraphDriver"] = JsonObject{{"Name", view["Driver"]}, {"Data", nullptr}};
  } else {
    view["Storage"] = JsonObject{{"RootFS", JsonObject{{"Snapshot", JsonObject{{"Name", "overlayfs"}}}}}};
  }
  return view;
}

Json World::view_container_row(const FakeContainer& of, int minor) const {
  const FakeImage* named = find_image(std::string(string_at(of.config, "Image")));
  const bool same = named != nullptr && named->id == of.image_id;
  JsonArray ports;
  for (const auto& [port, list] : ports_of(of, flavour_)) {
    const std::string key(port);
    JsonObject row{{"PrivatePort", std::stoi(key)}, {"Type", key.substr(key.find('/') + 1)}};
    if (!list.is_array()) {
      ports.push_back(row);
      continue;
    }
    for (const Json& binding : list.as_array()) {
      row["IP"] = string_at(binding, "HostIp");
      row["PublicPort"] = std::stoi("0" + std::string(string_at(binding, "HostPort")));
      ports.push_back(row);
    }
  }
  JsonObject view{{"Id", of.id},
                  {"Names", JsonArray{Json("/" + of.name)}},
                  {"Image", same ? std::string(string_at(of.config, "Image")) : of.image_id},
                  {"ImageID", of.image_id},
                  {"Command", "sh"},
                  {"Created", of.created / 1'000'000'000},
                  {"Ports", std::move(ports)},
                  {"Labels", *find_path(of.config, "Labels")},
                  {"State", of.state},
                  {"Status", status_text(of)},
                  {"HostConfig", JsonObject{{"NetworkMode", string_at(of.host_config, "NetworkMode")}}},
                  {"NetworkSettings", JsonObject{{"Networks", endpoint_views(of, *this, minor)}}},
                  {"Mounts", mounts_of(of)}};
  if (minor >= 52) {
    view["Health"] = JsonObject{{"Status", of.health.empty() ? "none" : of.health}, {"FailingStreak", 0}};
  }
  return view;
}

}  // namespace berth::fake_engine
