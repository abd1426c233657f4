// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/authorizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/status.hpp"

namespace berth::resources {
namespace {

// Calls `visit(grant, rules)` for each binding of the caller that counts in `ns`, until it gives true.
template <class Visit>
bool any_grant(const RbacView& view, const Caller& caller, std::string_view ns, Visit&& visit) {
  const auto look = [&](const std::string& subject) {
    const Grants* grants = view.grants.find(subject);
    if (grants == nullptr) return false;
    return std::ranges::any_of(**grants, [&](const std::shared_ptr<const Grant>& grant) {
      if (!grant->ns.empty() && grant->ns != ns) return false;
      const auto* rules = view.roles.find(grant->role);
      return rules != nullptr && visit(*grant, **rules);
    });
  };
  return look(user_key(caller.user)) ||
         std::ranges::any_of(caller.groups, [&](const std::string& group) { return look(group_key(group)); });
}

const Grant* allowing(const RbacView& view, const Caller& caller, const Attributes& wanted) {
  const Grant* found = nullptr;
  any_grant(view, caller, wanted.ns, [&](const Grant& grant, const PolicyRules& rules) {
    const bool allowed = std::ranges::any_of(rules, [&](const PolicyRule& rule) { return allows(rule, wanted); });
    if (allowed) found = &grant;
    return allowed;
  });
  return found;
}

}  // namespace

bool Authorizer::is_almighty(const Caller& caller) {
  return caller.in_group("system:masters") || caller.is_controller();
}

bool Authorizer::may(const Caller& caller, const Attributes& wanted) const {
  return is_almighty(caller) || allowing(*index_.view(), caller, wanted) != nullptr;
}

Decision Authorizer::decide(const Caller& caller, const Attributes& wanted) const {
  if (is_almighty(caller)) return {true, ""};
  const auto view = index_.view();
  const Grant* grant = allowing(*view, caller, wanted);
  if (grant == nullptr) return {};
  return {true, "RBAC: allowed by " + grant->reason};
}

PolicyRules Authorizer::rules_of(const Caller& caller, std::string_view ns) const {
  PolicyRules all;
  std::unordered_set<const PolicyRules*> known;  // one role by many bindings is the same rights
  const auto view = index_.view();
  any_grant(*view, caller, ns, [&](const Grant&, const PolicyRules& rules) {
    if (known.insert(&rules).second) all.insert(all.end(), rules.begin(), rules.end());
    return false;
  });
  return all;
}

PolicyRules Authorizer::rules_of_role(std::string_view ns, std::string_view name) const {
  const auto view = index_.view();
  const auto* rules = view->roles.find(role_key(ns, name));
  if (rules != nullptr) return **rules;
  throw base::not_found(ns.empty() ? "clusterroles.rbac.authorization.k8s.io" : "roles.rbac.authorization.k8s.io",
                        name);
}

base::Status forbidden(std::string_view group, std::string_view resource, std::string_view name, std::string why) {
  base::Details details;
  details.name = name;
  details.group = group;
  details.kind = resource;
  const std::string qualified = group.empty() ? std::string(resource) : fmt::format("{}.{}", resource, group);
  const std::string subject = name.empty() ? qualified : fmt::format("{} \"{}\"", qualified, name);
  return {base::Reason::Forbidden, fmt::format("{} is forbidden: {}", subject, why), std::move(details)};
}

std::string cannot(const Caller& caller, const Attributes& wanted) {
  const std::string resource =
      wanted.subresource.empty() ? wanted.resource : wanted.resource + "/" + wanted.subresource;
  const std::string scope =
      wanted.ns.empty() ? "at the cluster scope" : fmt::format("in the namespace \"{}\"", wanted.ns);
  return fmt::format("User \"{}\" cannot {} resource \"{}\" in API group \"{}\" {}", caller.user, wanted.verb, resource,
                     wanted.group, scope);
}

}  // namespace berth::resources
