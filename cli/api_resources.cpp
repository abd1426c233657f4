// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ostream>

#include "cli/server_queries.hpp"
#include "cli/table_printer.hpp"

namespace berth::cli {
namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
  return all;
}

bool is_asked(const Resource& resource, const ApiResourcesOptions& options) {
  if (resource.verbs.empty()) return false;
  if (options.group_asked && resource.group != options.group) return false;
  if (!options.namespaced.empty() && resource.namespaced != (options.namespaced == "true")) return false;
  return std::all_of(options.verbs.begin(), options.verbs.end(), [&](const std::string& verb) {
    return std::find(resource.verbs.begin(), resource.verbs.end(), verb) != resource.verbs.end();
  });
}

std::string sort_key(const Resource& resource, const std::string& sort_by) {
  if (sort_by == "name") return resource.plural;
  return sort_by == "kind" ? resource.kind : resource.group;
}

}  // namespace

Task<int> run_api_resources(Session& session, ApiResourcesOptions options) {
  std::vector<Resource> resources;
  for (const Resource& resource : session.discovery.resources()) {
    if (is_asked(resource, options)) resources.push_back(resource);
  }
  std::sort(resources.begin(), resources.end(), [&](const Resource& a, const Resource& b) {
    return std::pair(sort_key(a, options.sort_by), a.plural) < std::pair(sort_key(b, options.sort_by), b.plural);
  });
  if (options.output == "name") {
    for (const Resource& resource : resources) session.out << resource.qualified() << "\n";
    co_return 0;
  }
  const bool wide = options.output == "wide";
  std::vector<Row> rows;
  if (!options.no_headers) rows.push_back({"NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"});
  if (!options.no_headers && wide) rows.back().insert(rows.back().end(), {"VERBS", "CATEGORIES"});
  for (const Resource& resource : resources) {
    rows.push_back({resource.plural, joined(resource.short_names), resource.api_version(),
                    resource.namespaced ? "true" : "false", resource.kind});
    if (wide) rows.back().insert(rows.back().end(), {joined(resource.verbs), joined(resource.categories)});
  }
  session.out << lay_out(rows);
  co_return 0;
}

}  // namespace berth::cli
