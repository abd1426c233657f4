// SPDX-License-Identifier: Apache-2.0
#include "api/aggregated_discovery.hpp"

#include <algorithm>

namespace berth::api {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using schemas::Kind;

constexpr std::string_view kGroup = "apidiscovery.k8s.io";
constexpr std::string_view kList = "APIGroupDiscoveryList";

JsonArray strings(const std::vector<std::string>& values) { return JsonArray(values.begin(), values.end()); }

JsonObject kind_json(std::string_view group, std::string_view version, std::string_view kind) {
  return {{"group", group}, {"version", version}, {"kind", kind}};
}

JsonArray subresources(const Kind& kind) {
  JsonArray parts;
  for (const schemas::Subresource& part : kind.subresources) {
    parts.push_back(JsonObject{{"subresource", part.name},
                               {"responseKind", kind_json(part.group, part.version, part.kind)},
                               {"verbs", strings(part.verbs)}});
  }
  if (kind.has_status) {
    parts.push_back(JsonObject{{"subresource", "status"},
                               {"responseKind", kind_json(kind.group, kind.version, kind.kind)},
                               {"verbs", JsonArray{"get", "patch", "update"}}});
  }
  return parts;
}

JsonObject resource(const Kind& kind) {
  JsonObject json{{"resource", kind.plural},
                  {"responseKind", kind_json(kind.group, kind.version, kind.kind)},
                  {"scope", kind.namespaced ? "Namespaced" : "Cluster"},
                  {"singularResource", kind.singular},
                  {"verbs", strings(kind.verbs)}};
  if (!kind.short_names.empty()) json["shortNames"] = strings(kind.short_names);
  if (!kind.categories.empty()) json["categories"] = strings(kind.categories);
  JsonArray parts = subresources(kind);
  if (!parts.empty()) json["subresources"] = std::move(parts);
  return json;
}

// The member of a list whose `key` is `name`, appended when there is none.
JsonObject& member(JsonArray& list, const char* key, const std::string& name) {
  const auto found = std::ranges::find_if(list, [&](const Json& item) { return base::string_at(item, key) == name; });
  if (found != list.end()) return found->as_object();
  return list.emplace_back(JsonObject{{key, name}}).as_object();
}

}  // namespace

std::string aggregated_version(std::string_view accept) {
  for (const AcceptClause& clause : read_accept(accept)) {
    if (!clause.takes("application/json")) continue;
    if (clause.as.empty()) return "";
    const bool known = clause.version == "v2" || clause.version == "v2beta1";
    if (clause.as == kList && clause.group == kGroup && known) return clause.version;
  }
  return "";
}

std::string aggregated_type(std::string_view version) {
  return std::string("application/json;g=").append(kGroup).append(";v=").append(version).append(";as=").append(kList);
}

Json aggregated_discovery(const schemas::Catalog& catalog, DiscoveryRoot root, std::string_view version) {
  // By name here, as metadata further down.
  JsonArray groups;
  for (const Kind& kind : catalog.kinds()) {
    if (kind.group.empty() != (root == DiscoveryRoot::Core) || kind.verbs.empty()) continue;
    Json& versions = member(groups, "name", kind.group)["versions"];
    if (!versions.is_array()) versions = JsonArray();
    JsonObject& of_version = member(versions.get_array(), "version", kind.version);
    of_version["freshness"] = "Current";
    Json& resources = of_version["resources"];
    if (!resources.is_array()) resources = JsonArray();
    resources.get_array().push_back(resource(kind));
  }
  JsonArray items;
  for (Json& group : groups) {
    JsonObject metadata{{"name", group.at("name")}};
    items.push_back(JsonObject{{"metadata", std::move(metadata)}, {"versions", std::move(group.at("versions"))}});
  }
  return JsonObject{{"kind", kList},
                    {"apiVersion", std::string(kGroup).append("/").append(version)},
                    {"metadata", JsonObject()},
                    {"items", std::move(items)}};
}

}  // namespace berth::api
