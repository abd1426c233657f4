// SPDX-License-Identifier: Apache-2.0
#include "docker/container_view.hpp"

#include <cstdlib>

namespace berth::docker {

using base::find_path;
using base::string_at;

namespace {

std::string without_slash(std::string_view name) {
  if (name.starts_with('/')) name.remove_prefix(1);
  return std::string(name);
}

std::map<std::string, std::string> labels_at(const Json& value, std::string_view path) {
  std::map<std::string, std::string> labels;
  const Json* found = find_path(value, path);
  if (found == nullptr || !found->is_object()) return labels;
  for (const auto& [key, text] : found->as_object()) {
    if (text.is_string()) labels.emplace(key, text.as_string());
  }
  return labels;
}

// Network name to its endpoint: connecting again, with other settings, makes another endpoint.
std::map<std::string, std::string> endpoints_at(const Json& value) {
  std::map<std::string, std::string> endpoints;
  const Json* networks = find_path(value, "NetworkSettings.Networks");
  if (networks == nullptr || !networks->is_object()) return endpoints;
  for (const auto& [name, endpoint] : networks->as_object()) {
    endpoints.emplace(name, string_at(endpoint, "EndpointID"));
  }
  return endpoints;
}

std::string row_name(const Json& row) {
  const Json* names = find_path(row, "Names");
  if (names == nullptr || !names->is_array()) return "";
  for (const Json& name : names->as_array()) {
    // Links of other containers are names too: "/other/alias".
    if (name.is_string() && name.as_string().find('/', 1) == std::string_view::npos) {
      return without_slash(name.as_string());
    }
  }
  return "";
}

// Below 1.52 health stands only in the status text: "Up 3 seconds (healthy)".
std::string row_health(const Json& row) {
  if (string_at(row, "State") != "running") return "";
  if (find_path(row, "Health") != nullptr) {
    const std::string health(string_at(row, "Health.Status"));
    return health == "none" ? "" : health;
  }
  const auto status = string_at(row, "Status");
  if (status.ends_with("(healthy)")) return "healthy";
  if (status.ends_with("(unhealthy)")) return "unhealthy";
  return status.ends_with("(health: starting)") ? "starting" : "";
}

// "Exited (137) 2 seconds ago"
std::optional<std::int64_t> row_exit_code(const Json& row) {
  const std::string status(string_at(row, "Status"));
  if (!status.starts_with("Exited (")) return std::nullopt;
  return std::strtoll(status.c_str() + sizeof("Exited (") - 1, nullptr, 10);
}

}  // namespace

std::shared_ptr<const ContainerView> make_container_view(Json inspect) {
  auto view = std::make_shared<ContainerView>();
  view->id = string_at(inspect, "Id");
  view->name = without_slash(string_at(inspect, "Name"));
  view->labels = labels_at(inspect, "Config.Labels");
  view->state = string_at(inspect, "State.Status");
  if (view->state == "running") {
    view->health = string_at(inspect, "State.Health.Status");
    if (view->health == "none") view->health.clear();
  }
  view->inspect = std::move(inspect);
  return view;
}

bool row_differs(const Json& row, const ContainerView& view) {
  if (string_at(row, "State") != view.state || row_name(row) != view.name) return true;
  if (row_health(row) != view.health || labels_at(row, "Labels") != view.labels) return true;
  const auto code = row_exit_code(row);
  if (code && *code != base::int_at(view.inspect, "State.ExitCode")) return true;
  return endpoints_at(row) != endpoints_at(view.inspect);
}

}  // namespace berth::docker
