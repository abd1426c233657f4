// SPDX-License-Identifier: Apache-2.0
#include "resources/namespace_rules.hpp"

#include <algorithm>
#include <array>

#include "resources/object/object_key.hpp"

namespace berth::resources {
namespace {

// Upstream's immortal three, and Berth's own.
constexpr std::array<std::string_view, 4> kImmortal = {"default", "kube-system", "kube-public", "berth-system"};

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

base::Status terminating(const Kind& kind, std::string_view name, std::string_view ns) {
  const std::string text(ns);
  return forbidden(kind, name, "unable to create new content in namespace " + text + " because it is being terminated",
                   {{"NamespaceTerminating", "namespace " + text + " is being terminated", "metadata.namespace"}});
}

}  // namespace

void NamespaceRules::check_open(const Kind& kind, std::string_view name, std::string_view ns) const {
  const auto entry = store_.get(key_of(namespace_kind(), "", ns));
  if (!entry) throw base::not_found("namespaces", ns);
  if (std::ranges::find(entry->terms, kDeletingTerm) != entry->terms.end()) throw terminating(kind, name, ns);
}

store::Guard NamespaceRules::guard(std::string_view ns) {
  return {key_of(namespace_kind(), "", ns), std::string(kDeletingTerm)};
}

base::Status NamespaceRules::refusal(const base::Status& by_guard, const Kind& kind, std::string_view name,
                                     std::string_view ns) {
  if (by_guard.reason() == base::Reason::NotFound) return base::not_found("namespaces", ns);
  return terminating(kind, name, ns);
}

void NamespaceRules::check_removable(const Kind& kind, std::string_view ns) {
  if (std::ranges::find(kImmortal, ns) != kImmortal.end()) {
    throw forbidden(kind, ns, "this namespace may not be deleted", {});
  }
}

}  // namespace berth::resources
