// SPDX-License-Identifier: Apache-2.0
#include "resources/namespace_rules.hpp"

#include <algorithm>

#include "resources/built_in_rules.hpp"
#include "resources/object_key.hpp"

namespace berth::resources {
namespace {

const Kind& namespace_kind() {
  static const Kind& kind = schemas::Catalog::instance().by_name("Namespace");
  return kind;
}

base::Status forbidden(const Kind& kind, std::string_view name, std::string why, std::vector<base::Cause> causes) {
  base::Details details;
  details.name = name;
  details.group = kind.group;
  details.kind = kind.plural;
  details.causes = std::move(causes);
  return {base::Reason::Forbidden, kind.resource() + " \"" + std::string(name) + "\" is forbidden: " + std::move(why),
          std::move(details)};
}

}  // namespace

void NamespaceRules::check_open(const Kind& kind, std::string_view name, std::string_view ns) const {
  const auto entry = store_.get(key_of(namespace_kind(), "", ns));
  if (!entry) throw base::not_found("namespaces", ns);
  if (std::ranges::find(entry->terms, kDeletingTerm) == entry->terms.end()) return;
  const std::string text(ns);
  throw forbidden(kind, name, "unable to create new content in namespace " + text + " because it is being terminated",
                  {{"NamespaceTerminating", "namespace " + text + " is being terminated", "metadata.namespace"}});
}

bool NamespaceRules::exists(std::string_view ns) const {
  return store_.get(key_of(namespace_kind(), "", ns)).has_value();
}

void NamespaceRules::check_removable(const Kind& kind, std::string_view ns) const {
  if (ns == "default" || ns == "berth-system") throw forbidden(kind, ns, "this namespace may not be deleted", {});
  std::string held;
  for (const auto& [content, count] : contents(ns)) {
    held.append(held.empty() ? "" : ", ").append(std::to_string(count)).append(" ").append(content->resource());
  }
  if (!held.empty()) throw base::conflict(kind.resource(), ns, "it still holds " + held);
}

std::vector<Target> NamespaceRules::leftovers(std::string_view ns) const {
  std::vector<Target> found;
  for (const Kind& kind : schemas::Catalog::instance().kinds()) {
    if (!kind.namespaced) continue;
    store::ListQuery query;
    query.prefix = key_prefix(kind, ns);
    for (const store::Entry& entry : store_.list(query).entries) {
      const PlaceInKey place = place_in(kind, entry.key);
      found.push_back({&kind, std::string(place.ns), std::string(place.name), entry.key});
    }
  }
  return found;
}

std::vector<std::pair<const Kind*, std::size_t>> NamespaceRules::contents(std::string_view ns) const {
  std::vector<std::pair<const Kind*, std::size_t>> counts;
  for (const Kind& kind : schemas::Catalog::instance().kinds()) {
    if (!kind.namespaced || is_event(kind)) continue;
    const std::size_t count = store_.count(key_prefix(kind, ns));
    if (count > 0) counts.emplace_back(&kind, count);
  }
  return counts;
}

}  // namespace berth::resources
