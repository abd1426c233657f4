// SPDX-License-Identifier: Apache-2.0
#include "api/request_info.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/http.hpp"
#include "base/status.hpp"

namespace berth::api {
namespace {

using Segments = std::vector<std::string>;

// "http://host/path" is legal in a request line; what stands before the path says nothing to us.
std::string_view without_authority(std::string_view target) {
  if (target.starts_with('/')) return target;
  const auto scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const auto path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

std::string decode_segment(std::string_view raw) {
  std::string text = base::percent_decode(raw);
  const bool hidden = text.find_first_of(std::string_view("/%\0", 3)) != std::string::npos;
  if (hidden || text == "." || text == "..") {
    throw base::bad_request("the path segment \"" + std::string(raw) +
                            "\" may not be \".\" or \"..\", or contain '/' or '%'");
  }
  return text;
}

Segments split_path(std::string_view path) {
  Segments segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return segments;
  segments.reserve(static_cast<std::size_t>(std::ranges::count(path, '/')) + 1);
  while (true) {
    const auto slash = path.find('/');
    segments.push_back(decode_segment(path.substr(0, slash)));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

// hosts/<name>/images/pull
bool names_host_images(const RequestInfo& info, std::span<const std::string> rest) {
  return info.group == "engine.berth.dev" && rest.size() == 4 && rest[0] == "hosts" && !rest[1].empty() &&
         rest[2] == "images" && (rest[3] == "pull" || rest[3] == "prune");
}

// hosts/<name>/containers/manifest
bool names_host_containers(const RequestInfo& info, std::span<const std::string> rest) {
  return info.group == "engine.berth.dev" && rest.size() == 4 && rest[0] == "hosts" && !rest[1].empty() &&
         rest[2] == "containers" && rest[3] == "manifest";
}

// What follows /api/v1 or /apis/<group>/<version>.
void read_resource(RequestInfo& info, std::span<const std::string> rest) {
  if (rest.size() > 1 && rest[0] == "watch") {
    info.watch_prefix = true;
    rest = rest.subspan(1);
  }
  const bool in_namespace = rest.size() > 2 && rest[0] == "namespaces" && rest[2] != "status" && rest[2] != "finalize";
  if (in_namespace) {
    info.ns = rest[1];
    rest = rest.subspan(2);
  }
  info.resource = rest[0];
  if (rest.size() > 1) info.name = rest[1];
  if (rest.size() > 2) info.subresource = rest[2];
  if (const bool images = names_host_images(info, rest); images || names_host_containers(info, rest)) {
    info.shape = images ? Shape::HostImages : Shape::HostContainers;
    info.subresource += "/" + rest[3];
    return;
  }
  const bool names_revision = rest.size() == 4 && info.subresource == "revisions";
  if (names_revision) info.part = rest[3];
  if (rest.size() > (names_revision ? 4 : 3) || std::ranges::any_of(rest, &std::string::empty) ||
      (in_namespace && info.ns.empty()))
    return;
  if (rest.size() == 1) {
    info.shape = Shape::Collection;
  } else if (rest.size() == 2) {
    info.shape = Shape::Object;
  } else if (info.subresource == "status") {
    info.shape = Shape::Status;
  } else if (info.subresource == "token") {
    info.shape = Shape::Token;
  } else if (info.subresource == "finalize") {
    info.shape = Shape::Finalize;
  } else if (info.subresource == "plan") {
    info.shape = Shape::Plan;
  } else if (info.subresource == "revisions") {
    info.shape = names_revision ? Shape::Revision : Shape::Revisions;
  }
}

void read_api(RequestInfo& info, std::span<const std::string> segments) {
  const bool core = segments[0] == "api";
  const std::size_t head = core ? 2 : 3;
  if (segments.size() == 1) {
    info.shape = core ? Shape::CoreVersions : Shape::Groups;
    return;
  }
  if (!core) info.group = segments[1];
  if (!core && segments.size() == 2) {
    info.shape = Shape::Group;
    return;
  }
  info.version = segments[head - 1];
  if (segments.size() == head) {
    info.shape = Shape::GroupVersion;
    return;
  }
  read_resource(info, segments.subspan(head));
}

void read_openapi(RequestInfo& info, std::span<const std::string> segments) {
  if (segments.size() == 2 && segments[1] == "v2") info.shape = Shape::OpenapiV2;
  if (segments.size() < 2 || segments[1] != "v3") return;
  if (segments.size() == 2) info.shape = Shape::OpenapiIndex;
  const bool core = segments.size() == 4 && segments[2] == "api";
  if (!core && (segments.size() != 5 || segments[2] != "apis")) return;
  info.shape = Shape::OpenapiGroupVersion;
  if (!core) info.group = segments[3];
  info.version = segments.back();
}

void read_path(RequestInfo& info, const Segments& segments) {
  if (segments.empty()) return;
  const std::string& first = segments[0];
  if (first == "api" || first == "apis") {
    read_api(info, segments);
  } else if (first == "openapi") {
    read_openapi(info, segments);
  } else if (first == "livez" || first == "readyz" || first == "healthz") {
    if (segments.size() > 2) return;
    info.shape = Shape::Health;
    if (segments.size() == 2) info.name = segments[1];
  } else if (first == "version" && segments.size() == 1) {
    info.shape = Shape::Version;
  } else if (first == "keyring" && segments.size() == 2 && segments[1] == "rotate") {
    info.shape = Shape::KeyRotation;
  }
}

Verb verb_of(const RequestInfo& info) {
  const bool collection = info.is_resource() && info.name.empty();
  const std::string& method = info.method;
  if (info.watch_prefix) return method == "GET" ? Verb::Watch : Verb::None;  // nothing else is served there
  if (method == "GET") {
    if (!collection) return Verb::Get;
    return info.query.flag("watch") ? Verb::Watch : Verb::List;
  }
  if (method == "POST" && info.shape == Shape::HostImages) {
    return info.subresource == "images/pull" ? Verb::Pull : Verb::Prune;
  }
  if (method == "POST" && info.shape == Shape::HostContainers) return Verb::Adopt;
  if (method == "POST") return Verb::Create;
  if (method == "PUT") return Verb::Update;
  if (method == "PATCH") return Verb::Patch;
  if (method == "DELETE") return collection ? Verb::DeleteCollection : Verb::Delete;
  return method == "HEAD" ? Verb::Head : Verb::None;
}

}  // namespace

std::string_view to_string(Verb verb) {
  constexpr std::array<std::string_view, 13> kNames{
      "get",  "list", "watch", "create", "update", "patch", "delete", "deletecollection",
      "head", "none", "pull",  "prune",  "adopt"};
  return kNames[static_cast<std::size_t>(verb)];
}

bool Query::has(std::string_view name) const {
  return std::ranges::any_of(fields_, [name](const auto& field) { return field.first == name; });
}

std::string_view Query::get(std::string_view name) const {
  const auto found = std::ranges::find(fields_, name, [](const auto& field) { return std::string_view(field.first); });
  return found == fields_.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<std::string_view> Query::get_all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : fields_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

bool Query::flag(std::string_view name) const { return has(name) && get(name) != "false" && get(name) != "0"; }

RequestInfo read_request_info(std::string_view method, std::string_view target) {
  RequestInfo info;
  info.method = method;
  target = without_authority(target);
  const auto question = target.find('?');
  info.path = target.substr(0, question);
  if (question != std::string_view::npos) info.query = Query(base::parse_query(target.substr(question + 1)));
  read_path(info, split_path(info.path));
  info.verb = verb_of(info);
  return info;
}

}  // namespace berth::api
