// SPDX-License-Identifier: Apache-2.0
#include "tests/fake_engine/routes.hpp"

#include <algorithm>

#include "base/status.hpp"

namespace berth::fake_engine {

namespace {

struct Row {
  const char* method;
  const char* path;  // {} stands for the key, which in image paths may hold slashes
  const char* operation;
};

constexpr Row kRows[] = {
    {"GET", "/_ping", "ping"},
    {"HEAD", "/_ping", "ping"},
    {"GET", "/version", "version"},
    {"GET", "/info", "info"},
    {"GET", "/events", "events"},
    {"GET", "/containers/json", "container_list"},
    {"POST", "/containers/create", "container_create"},
    {"GET", "/containers/{}/json", "container_inspect"},
    {"POST", "/containers/{}/start", "container_start"},
    {"POST", "/containers/{}/stop", "container_stop"},
    {"POST", "/containers/{}/restart", "container_restart"},
    {"POST", "/containers/{}/kill", "container_kill"},
    {"POST", "/containers/{}/pause", "container_pause"},
    {"POST", "/containers/{}/unpause", "container_unpause"},
    {"POST", "/containers/{}/rename", "container_rename"},
    {"POST", "/containers/{}/update", "container_update"},
    {"POST", "/containers/{}/wait", "container_wait"},
    {"PUT", "/containers/{}/archive", "container_archive"},
    {"DELETE", "/containers/{}", "container_remove"},
    {"GET", "/images/json", "image_list"},
    {"POST", "/images/create", "image_pull"},
    {"GET", "/images/{}/json", "image_inspect"},
    {"DELETE", "/images/{}", "image_remove"},
    {"GET", "/networks", "network_list"},
    {"POST", "/networks/create", "network_create"},
    {"POST", "/networks/{}/connect", "network_connect"},
    {"POST", "/networks/{}/disconnect", "network_disconnect"},
    {"GET", "/networks/{}", "network_inspect"},
    {"DELETE", "/networks/{}", "network_remove"},
    {"GET", "/volumes", "volume_list"},
    {"POST", "/volumes/create", "volume_create"},
    {"GET", "/volumes/{}", "volume_inspect"},
    {"DELETE", "/volumes/{}", "volume_remove"},
};

bool matches(std::string_view pattern, std::string_view path, std::string& key) {
  const std::size_t gap = pattern.find("{}");
  if (gap == std::string_view::npos) return pattern == path;
  const std::string_view before = pattern.substr(0, gap);
  const std::string_view after = pattern.substr(gap + 2);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) return false;
  const std::string_view middle = path.substr(before.size(), path.size() - before.size() - after.size());
  if (middle.find('/') != std::string_view::npos && !before.starts_with("/images")) return false;
  key = base::percent_decode(middle);
  return true;
}

}  // namespace

Route find_route(const base::HttpRequest& request, const World& world) {
  Route route;
  std::string_view path = request.target;
  if (const std::size_t mark = path.find('?'); mark != std::string_view::npos) {
    for (auto& [key, value] : base::parse_query(path.substr(mark + 1))) route.query[key] = value;
    path = path.substr(0, mark);
  }
  route.minor = world.max_minor();
  if (path.starts_with("/v1.")) {
    const std::size_t slash = path.find('/', 1);
    route.asked_minor = std::stoi(std::string(path.substr(4, slash - 4)));
    route.minor = route.asked_minor;
    path = slash == std::string_view::npos ? "/" : path.substr(slash);
  }
  for (const Row& row : kRows) {
    if (request.method == row.method && matches(row.path, path, route.key)) {
      route.operation = row.operation;
      break;
    }
  }
  if (route.operation == "image_pull" && route.query.contains("fromSrc")) route.operation = "image_import";
  return route;
}

Answer error_answer(int status, const std::string& message) {
  return {status, "application/json", base::to_canonical(JsonObject{{"message", message}}) + "\n"};
}

}  // namespace berth::fake_engine
