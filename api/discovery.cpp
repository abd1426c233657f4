// SPDX-License-Identifier: Apache-2.0
#include "api/discovery.hpp"

#include <algorithm>

namespace berth::api {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using schemas::Kind;

#if defined(__aarch64__)
constexpr std::string_view kPlatform = "linux/arm64";
#else
constexpr std::string_view kPlatform = "linux/amd64";
#endif

JsonObject version_entry(std::string_view group, std::string_view version) {
  return {{"groupVersion", std::string(group) + "/" + std::string(version)}, {"version", version}};
}

JsonArray strings(const std::vector<std::string>& values) { return JsonArray(values.begin(), values.end()); }

// The versions of a group, in the order of the catalog: the preferred one first.
std::vector<std::string> versions_of(const schemas::Catalog& catalog, std::string_view group) {
  std::vector<std::string> versions;
  for (const Kind& kind : catalog.kinds()) {
    if (kind.group != group || std::ranges::find(versions, kind.version) != versions.end()) continue;
    versions.push_back(kind.version);
  }
  return versions;
}

JsonObject group_json(const schemas::Catalog& catalog, std::string_view group) {
  const auto versions = versions_of(catalog, group);
  JsonArray entries;
  for (const std::string& version : versions) entries.emplace_back(version_entry(group, version));
  return {
      {"name", group}, {"versions", std::move(entries)}, {"preferredVersion", version_entry(group, versions.front())}};
}

JsonObject resource_json(const Kind& kind) {
  JsonObject json{{"name", kind.plural},
                  {"singularName", kind.singular},
                  {"namespaced", kind.namespaced},
                  {"kind", kind.kind},
                  {"verbs", strings(kind.verbs)}};
  if (!kind.short_names.empty()) json["shortNames"] = strings(kind.short_names);
  if (!kind.categories.empty()) json["categories"] = strings(kind.categories);
  return json;
}

JsonObject status_resource_json(const Kind& kind) {
  return {{"name", kind.plural + "/status"},
          {"singularName", ""},
          {"namespaced", kind.namespaced},
          {"kind", kind.kind},
          {"verbs", {"get", "patch", "update"}}};
}

JsonObject subresource_json(const Kind& kind, const schemas::Subresource& subresource) {
  JsonObject json{
      {"name", kind.plural + "/" + subresource.name}, {"singularName", ""}, {"namespaced", kind.namespaced}};
  if (subresource.group != kind.group || subresource.version != kind.version) {
    json["group"] = subresource.group;
    json["version"] = subresource.version;
  }
  json["kind"] = subresource.kind;
  json["verbs"] = strings(subresource.verbs);
  return json;
}

}  // namespace

Json version_info() {
  return {{"major", "1"},    {"minor", "34"},           {"gitVersion", "v1.34.0+berth." BERTH_VERSION},
          {"gitCommit", ""}, {"gitTreeState", "clean"}, {"buildDate", "1970-01-01T00:00:00Z"},
          {"goVersion", ""}, {"compiler", "clang"},     {"platform", kPlatform}};
}

Json core_versions(std::string_view address) {
  const JsonObject everyone{{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", address}};
  return {{"kind", "APIVersions"}, {"versions", JsonArray{"v1"}}, {"serverAddressByClientCIDRs", JsonArray{everyone}}};
}

Json group_list(const schemas::Catalog& catalog) {
  std::vector<std::string_view> names;
  JsonArray groups;
  for (const Kind& kind : catalog.kinds()) {
    if (kind.group.empty() || std::ranges::find(names, kind.group) != names.end()) continue;
    names.push_back(kind.group);
    groups.emplace_back(group_json(catalog, kind.group));
  }
  return {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(groups)}};
}

std::optional<Json> group_of(const schemas::Catalog& catalog, std::string_view group) {
  if (group.empty() || versions_of(catalog, group).empty()) return std::nullopt;
  JsonObject json{{"kind", "APIGroup"}, {"apiVersion", "v1"}};
  for (auto& [key, value] : group_json(catalog, group)) json[key] = std::move(value);
  return json;
}

std::optional<Json> resource_list(const schemas::Catalog& catalog, std::string_view group, std::string_view version) {
  JsonArray entries;
  for (const Kind& kind : catalog.kinds()) {
    if (kind.group != group || kind.version != version) continue;
    if (kind.verbs.empty()) continue;
    entries.emplace_back(resource_json(kind));
    for (const auto& subresource : kind.subresources) entries.emplace_back(subresource_json(kind, subresource));
    if (kind.has_status) entries.emplace_back(status_resource_json(kind));
  }
  if (entries.empty()) return std::nullopt;
  const std::string group_version =
      group.empty() ? std::string(version) : std::string(group) + "/" + std::string(version);
  return JsonObject{{"kind", "APIResourceList"},
                    {"apiVersion", "v1"},
                    {"groupVersion", group_version},
                    {"resources", std::move(entries)}};
}

}  // namespace berth::api
