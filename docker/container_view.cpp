// SPDX-License-Identifier: Apache-2.0
#include "docker/container_view.hpp"

#include <cstdlib>
#include <functional>

#include "base/clock.hpp"
#include "base/status.hpp"

namespace berth::docker {

using base::find_path;
using base::Json;
using base::JsonArray;
using base::JsonObject;
using base::string_at;
using Extent = ContainerView::Extent;

namespace {

constexpr base::JsonLimits kInspectLimits{64 * 1024 * 1024, 128};

// In one piece of memory of its own, which goes with the value.
Json parse_inspect(std::string_view text) {
  try {
    auto memory = boost::json::make_shared_resource<boost::json::monotonic_resource>();
    return std::move(base::parse_json_reporting(text, kInspectLimits, std::move(memory)).value);
  } catch (const base::Status& status) {
    throw base::internal_error("the engine's answer: " + status.message());
  }
}

std::string_view without_slash(std::string_view name) { return name.substr(name.starts_with('/') ? 1 : 0); }

std::map<std::string, std::string> labels_in(const Json* found) {
  std::map<std::string, std::string> labels;
  if (found == nullptr || !found->is_object()) return labels;
  for (const auto& [key, text] : found->get_object()) {
    if (text.is_string()) labels.emplace(key, text.get_string());
  }
  return labels;
}

std::string_view row_name(const Json& row) {
  const Json* names = find_path(row, "Names");
  if (names == nullptr || !names->is_array()) return "";
  for (const Json& name : names->get_array()) {
    // Links of other containers are names too: "/other/alias".
    if (name.is_string() && std::string_view(name.get_string()).find('/', 1) == std::string_view::npos) {
      return without_slash(name.get_string());
    }
  }
  return "";
}

// Below 1.52 health stands only in the status text: "Up 3 seconds (healthy)".
std::string_view row_health(const Json& row) {
  if (string_at(row, "State") != "running") return "";
  if (find_path(row, "Health") != nullptr) {
    const std::string_view health = string_at(row, "Health.Status");
    return health == "none" ? "" : health;
  }
  const auto status = string_at(row, "Status");
  if (status.ends_with("(healthy)")) return "healthy";
  if (status.ends_with("(unhealthy)")) return "unhealthy";
  return status.ends_with("(health: starting)") ? "starting" : "";
}

std::string_view inspect_health(const Json& inspect) {
  if (string_at(inspect, "State.Status") != "running") return "";
  const std::string_view health = string_at(inspect, "State.Health.Status");
  return health == "none" ? "" : health;
}

// "Exited (137) 2 seconds ago"
std::optional<std::int64_t> row_exit_code(const Json& row) {
  const std::string_view status = string_at(row, "Status");
  if (!status.starts_with("Exited (")) return std::nullopt;
  return std::strtoll(std::string(status.substr(sizeof("Exited (") - 1)).c_str(), nullptr, 10);
}

std::uint64_t mix(std::uint64_t mark, std::string_view word) {
  mark ^= std::hash<std::string_view>{}(word) + 0x9e3779b97f4a7c15U + (mark << 6U) + (mark >> 2U);
  return mark;
}

// The same for the same labels and endpoints in any order; connecting again, with other settings, makes another
// endpoint.
std::uint64_t mark_of(std::string_view state, std::string_view name, std::string_view health, const Json* labels,
                      const Json* networks) {
  std::uint64_t mark = mix(mix(mix(1, state), name), health);
  if (labels != nullptr && labels->is_object()) {
    for (const auto& [key, text] : labels->get_object()) {
      if (text.is_string()) mark += mix(mix(2, key), text.get_string());
    }
  }
  if (networks != nullptr && networks->is_object()) {
    for (const auto& [key, endpoint] : networks->get_object())
      mark += mix(mix(3, key), string_at(endpoint, "EndpointID"));
  }
  return mark;
}

std::uint64_t row_mark(const Json& row) {
  return mark_of(string_at(row, "State"), row_name(row), row_health(row), find_path(row, "Labels"),
                 find_path(row, "NetworkSettings.Networks"));
}

void copy(JsonObject& to, const Json& from, std::initializer_list<const char*> fields) {
  if (!from.is_object()) return;
  for (const char* field : fields) {
    if (const Json* found = from.get_object().if_contains(field)) to[field] = *found;
  }
}

JsonObject part(const Json& from, const char* field, std::initializer_list<const char*> fields) {
  JsonObject made;
  if (const Json* found = find_path(from, field)) copy(made, *found, fields);
  return made;
}

// Of each its ids only: an address can change without an event.
JsonObject endpoints_of(const Json& from) {
  JsonObject made;
  const Json* networks = find_path(from, "NetworkSettings.Networks");
  if (networks == nullptr || !networks->is_object()) return made;
  for (const auto& [name, endpoint] : networks->get_object()) {
    JsonObject ids;
    copy(ids, endpoint, {"NetworkID", "EndpointID"});
    made[name] = std::move(ids);
  }
  return made;
}

JsonObject shown_of(const Json& inspect) {
  JsonObject shown;
  copy(shown, inspect, {"Id", "Name", "Created", "Image", "Mounts"});
  JsonObject state = part(inspect, "State", {"Status", "ExitCode", "OOMKilled", "Error", "StartedAt", "FinishedAt"});
  if (JsonObject health = part(inspect, "State.Health", {"Status"}); !health.empty())
    state["Health"] = std::move(health);
  shown["State"] = std::move(state);
  shown["Config"] = part(inspect, "Config", {"Image", "Labels", "Env"});
  JsonObject settings = part(inspect, "NetworkSettings", {"Ports"});
  settings["Networks"] = endpoints_of(inspect);
  shown["NetworkSettings"] = std::move(settings);
  return shown;
}

// {"80/tcp": [{"HostIp", "HostPort"}]}, null where it is not published.
JsonObject ports_of_row(const Json& row) {
  JsonObject ports;
  const Json* listed = find_path(row, "Ports");
  if (listed == nullptr || !listed->is_array()) return ports;
  for (const Json& each : listed->get_array()) {
    Json& port = ports[std::to_string(base::int_at(each, "PrivatePort")) + "/" + std::string(string_at(each, "Type"))];
    const std::int64_t outside = base::int_at(each, "PublicPort");
    if (outside == 0) continue;
    if (!port.is_array()) port = JsonArray{};
    port.get_array().push_back(JsonObject{{"HostIp", string_at(each, "IP")}, {"HostPort", std::to_string(outside)}});
  }
  return ports;
}

JsonObject shown_of_row(const Json& row) {
  JsonObject shown;
  copy(shown, row, {"Id", "Mounts"});
  shown["Name"] = "/" + std::string(row_name(row));
  shown["Created"] = base::format_time(base::WallTime{std::chrono::seconds(base::int_at(row, "Created"))});
  shown["Image"] = string_at(row, "ImageID");
  JsonObject state{{"Status", string_at(row, "State")}, {"ExitCode", row_exit_code(row).value_or(0)}};
  if (const auto health = row_health(row); !health.empty()) state["Health"] = JsonObject{{"Status", health}};
  shown["State"] = std::move(state);
  JsonObject config;
  copy(config, row, {"Image", "Labels"});
  shown["Config"] = std::move(config);
  shown["NetworkSettings"] = JsonObject{{"Ports", ports_of_row(row)}, {"Networks", endpoints_of(row)}};
  return shown;
}

}  // namespace

Json ContainerView::inspect() const { return parse_inspect(text); }

ContainerViewPtr view_of_inspect(std::string text, Extent extent, const std::string& owner) {
  const Json inspect = parse_inspect(text);
  auto view = std::make_shared<ContainerView>();
  view->id = string_at(inspect, "Id");
  view->name = without_slash(string_at(inspect, "Name"));
  const Json* labels = find_path(inspect, "Config.Labels");
  view->labels = labels_in(labels);
  view->state = string_at(inspect, "State.Status");
  view->health = inspect_health(inspect);
  view->extent = view->labels.contains(owner) ? Extent::Whole : extent;
  view->exit_code = base::int_at(inspect, "State.ExitCode");
  view->mark = mark_of(view->state, view->name, view->health, labels, find_path(inspect, "NetworkSettings.Networks"));
  view->text = view->extent == Extent::Whole ? std::move(text) : boost::json::serialize(shown_of(inspect));
  view->text.shrink_to_fit();
  return view;
}

ContainerViewPtr view_of_row(const Json& row) {
  auto view = std::make_shared<ContainerView>();
  view->id = string_at(row, "Id");
  view->name = row_name(row);
  view->labels = labels_in(find_path(row, "Labels"));
  view->state = string_at(row, "State");
  view->health = row_health(row);
  view->extent = Extent::Row;
  view->exit_code = row_exit_code(row).value_or(0);
  view->mark = row_mark(row);
  view->text = boost::json::serialize(shown_of_row(row));
  view->text.shrink_to_fit();
  return view;
}

bool row_differs(const Json& row, const ContainerView& view) {
  const auto code = row_exit_code(row);
  return (code && *code != view.exit_code) || row_mark(row) != view.mark;
}

}  // namespace berth::docker
