// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/access_rules.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/status.hpp"
#include "base/utf8.hpp"
#include "resources/object/core_kinds.hpp"
#include "resources/object/object_key.hpp"
#include "resources/rights/engine_object_policy.hpp"
#include "resources/rights/rule_cover.hpp"
#include "schemas/admit.hpp"

namespace berth::resources {
namespace {

using base::Json;
using schemas::Kind;

constexpr std::string_view kRbac = "rbac.authorization.k8s.io";

std::string joined(const std::vector<std::string>& texts, std::string_view between) {
  std::string all;
  for (const std::string& text : texts) all.append(all.empty() ? "" : between).append(text);
  return all;
}

bool differs(const Json& object, const Json* before, std::string_view member) {
  const auto at = [member](const Json& value) {
    const Json* found = value.as_object().if_contains(member);
    return found == nullptr ? Json() : *found;
  };
  return before == nullptr || !base::json_equal(at(object), at(*before));
}

// Everything but what garbage collection needs to change.
bool differs_in_substance(const Json& object, const Json& before) {
  const auto stripped = [](Json value) {
    if (Json* metadata = base::find_path(value, "metadata"); metadata != nullptr && metadata->is_object()) {
      for (const auto* member : {"ownerReferences", "finalizers", "managedFields", "resourceVersion", "generation"}) {
        metadata->get_object().erase(member);
      }
    }
    return value;
  };
  return !base::json_equal(stripped(object), stripped(before));
}

// A check runs where requests are served. Ten groups by fifty resources by ten verbs in one rule are far below.
constexpr CoverLimits kLimits{20'000, 4'000'000};
// Lines of what is missing in one answer, and the bytes of each.
constexpr std::size_t kMostLines = 32;
constexpr std::size_t kMostLineBytes = 1024;

std::string described(std::vector<MissingRule> missing) {
  std::ranges::sort(missing, {}, [](const MissingRule& each) {
    const RulePart& part = each.part;
    return std::tuple(part.url, part.group, part.resource, part.name, part.verb);
  });
  std::string lines;
  for (std::size_t i = 0; i < std::min(missing.size(), kMostLines); ++i) {
    const std::string line = describe(to_rule(missing[i]));
    lines.append("\n").append(base::truncated(line, kMostLineBytes));
    if (line.size() > kMostLineBytes) lines += "...";
  }
  if (missing.size() > kMostLines) lines += "\n... and " + std::to_string(missing.size() - kMostLines) + " more";
  return lines;
}

// Why the caller may not grant `wanted`; "" when every part of it is held.
std::string escalation(const Caller& caller, const PolicyRules& held, const PolicyRules& wanted) {
  Cover found = cover(held, wanted, kLimits);
  std::string user = "user ";
  base::append_quoted(user, caller.user);
  user += " (groups=" + quoted_list(caller.groups) + ")";
  if (found.stopped_at) {
    return "rules[" + std::to_string(*found.stopped_at) + "] is more than can be compared with what " + user +
           " holds: all rules together may stand for " + std::to_string(kLimits.parts) +
           " combinations of API group, resource, verb and name; use \"*\", or several roles";
  }
  if (found.missing.empty()) return "";
  return user + " is attempting to grant RBAC permissions not currently held:" + described(std::move(found.missing));
}

bool is_aggregated(const Json* role) {
  return role != nullptr && base::find_path(*role, "aggregationRule.clusterRoleSelectors") != nullptr;
}

std::string namespace_key(std::string_view name) {
  static const Kind& kind = schemas::Catalog::instance().by_name("Namespace");
  return key_of(kind, "", name);
}

std::string_view member_of(const Json* object, std::string_view map, std::string_view key) {
  const Json* found = object == nullptr ? nullptr : base::find_path(*object, map);
  const Json* value = found == nullptr || !found->is_object() ? nullptr : found->get_object().if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

}  // namespace

void AccessRules::check(const Caller& caller, const Kind& kind, std::string_view ns, const IndexedObject& now,
                        const IndexedObject* stored) const {
  const Json& object = now.object;
  const Json* before = stored == nullptr ? nullptr : &stored->object;
  if (!Authorizer::is_almighty(caller)) {
    const bool touched = before == nullptr || differs_in_substance(object, *before);
    if (is_role(kind) && touched) check_role(caller, kind, ns, object, before);
    if (is_role_binding(kind) && touched) check_binding(caller, kind, ns, object);
    if (is_namespace(kind)) check_namespace(caller, object, before);
  }
  check_hosts(caller, kind, ns, now, stored);
  if (kind.group == "berth.dev") check_adoption(caller, kind, ns, object, before);
  if (kind.namespaced && differs(object, before, "spec")) check_workload(kind, ns, object);
}

void AccessRules::check_role(const Caller& caller, const Kind& kind, std::string_view ns, const Json& object,
                             const Json* before) const {
  const std::string name(base::string_at(object, "metadata.name"));
  if (authorizer_.may(caller, {"escalate", std::string(kRbac), kind.plural, "", std::string(ns), name, ""})) return;
  const PolicyRules held = authorizer_.rules_of(caller, ns);
  const std::string why = escalation(caller, held, read_rules(object));
  if (!why.empty()) throw forbidden(kRbac, kind.plural, name, why);
  if (!is_aggregated(&object) && !is_aggregated(before)) return;
  // It can gather anything.
  const PolicyRules all{{{"*"}, {"*"}, {"*"}, {}, {}}, {{"*"}, {}, {}, {}, {"*"}}};
  if (uncovered(held, all).empty()) return;
  throw forbidden(kRbac, kind.plural, name, "must have cluster-admin privileges to use the aggregationRule");
}

void AccessRules::check_binding(const Caller& caller, const Kind& kind, std::string_view ns, const Json& object) const {
  const std::string role(base::string_at(object, "roleRef.name"));
  const bool local = base::string_at(object, "roleRef.kind") == "Role";
  const std::string resource = local ? "roles" : "clusterroles";
  if (authorizer_.may(caller, {"bind", std::string(kRbac), resource, "", std::string(ns), role, ""})) return;
  const PolicyRules granted = authorizer_.rules_of_role(local ? ns : "", role);
  const std::string why = escalation(caller, authorizer_.rules_of(caller, ns), granted);
  if (!why.empty()) throw forbidden(kRbac, kind.plural, base::string_at(object, "metadata.name"), why);
}

void AccessRules::check_namespace(const Caller& caller, const Json& object, const Json* before) const {
  const bool same =
      member_of(&object, "metadata.labels", kEnforceLabel) == member_of(before, "metadata.labels", kEnforceLabel) &&
      member_of(&object, "metadata.annotations", kAllowedBinds) ==
          member_of(before, "metadata.annotations", kAllowedBinds);
  if (same) return;
  const std::string name(base::string_at(object, "metadata.name"));
  const Attributes wanted{"enforce", "", "namespaces", "", name, name, ""};
  if (authorizer_.may(caller, wanted)) return;
  throw forbidden("", "namespaces", name,
                  cannot(caller, wanted) + ", which changing " + std::string(kEnforceLabel) + " or " +
                      std::string(kAllowedBinds) + " needs");
}

void AccessRules::check_operator(const Caller& caller, const Kind& kind, std::string_view ns,
                                 const OperatedWrite& write) const {
  if (Authorizer::is_almighty(caller)) return;
  const std::string name(base::string_at(write.object, "metadata.name"));
  // A namespace is its own scope, as it is for the request.
  Attributes wanted{"patch", kind.group, kind.plural, "", is_namespace(kind) ? name : std::string(ns), name, ""};
  if (authorizer_.may(caller, wanted)) return;
  wanted.verb = "update";
  if (authorizer_.may(caller, wanted)) return;
  const std::string_view why = beyond_operate(kind, write);
  if (why.empty()) return;
  wanted.verb = "patch";
  throw forbidden(kind.group, kind.plural, name, cannot(caller, wanted) + ", and " + std::string(why));
}

void AccessRules::check_hosts(const Caller& caller, const Kind& kind, std::string_view ns, const IndexedObject& now,
                              const IndexedObject* before) const {
  for (const std::string& term : now.terms) {
    const auto host = referred_by(term, "Host");
    if (!host) continue;
    if (before != nullptr && std::ranges::find(before->terms, term) != before->terms.end()) continue;
    const std::string_view name = base::string_at(now.object, "metadata.name");
    const Attributes wanted{"use", "berth.dev", "hosts", "", std::string(ns), std::string(host->name), ""};
    if (!authorizer_.may(caller, wanted)) {
      throw forbidden(kind.group, kind.plural, name,
                      cannot(caller, wanted) + ", which placing on host \"" + wanted.name +
                          "\" needs (ClusterRole host-user gives it)");
    }
    check_takes(kind, name, host->name);
  }
}

void AccessRules::check_adoption(const Caller& caller, const Kind& kind, std::string_view ns, const Json& object,
                                 const Json* before) const {
  constexpr std::string_view kAdopt = "berth.dev/adopt";
  const std::string_view wish = member_of(&object, "metadata.annotations", kAdopt);
  if (wish.empty() || wish == member_of(before, "metadata.annotations", kAdopt)) return;
  const std::string host(base::string_at(object, "spec.host"));
  const Attributes wanted{"adopt", "berth.dev", "hosts", "", std::string(ns), host, ""};
  if (host.empty() || authorizer_.may(caller, wanted)) return;
  throw forbidden(kind.group, kind.plural, base::string_at(object, "metadata.name"),
                  cannot(caller, wanted) + ", which the annotation " + std::string(kAdopt) + " needs");
}

// A Host that is not there may come yet.
void AccessRules::check_takes(const Kind& kind, std::string_view name, std::string_view host) const {
  static const Kind& hosts = schemas::Catalog::instance().by_name("Host");
  const auto entry = store_.get(key_of(hosts, "", host));
  if (!entry) return;
  const auto has = [&entry](std::string_view term) {
    return std::ranges::find(entry->terms, term) != entry->terms.end();
  };
  std::string why;
  if (has(kUnschedulableTerm)) why = "takes nothing new (spec.unschedulable)";
  if (has(kDeletingTerm)) why = "is being deleted";
  if (!why.empty()) throw forbidden(kind.group, kind.plural, name, "host \"" + std::string(host) + "\" " + why);
}

std::vector<std::string> AccessRules::foreign_names(std::string_view ns, const std::vector<EngineName>& names) const {
  std::vector<std::string> found;
  for (const EngineName& each : names) {
    if (each.prefix == ns || !store_.get(namespace_key(each.prefix))) continue;
    found.push_back("names of others (" + each.path + " \"" + each.name + "\" belongs to namespace \"" + each.prefix +
                    "\")");
  }
  return found;
}

WorkloadPolicy AccessRules::policy_of(std::string_view ns) const {
  const auto entry = store_.get(namespace_key(ns));
  if (!entry) return {};
  const std::string privileged = label_term(kEnforceLabel, "privileged");
  if (std::ranges::find(entry->terms, privileged) != entry->terms.end()) return {Level::Privileged, {}};
  const Json object = base::parse_json(*entry->value);
  return {read_level(member_of(&object, "metadata.labels", kEnforceLabel)),
          read_allowed_binds(member_of(&object, "metadata.annotations", kAllowedBinds))};
}

void AccessRules::check_workload(const Kind& kind, std::string_view ns, const Json& object) const {
  const bool bounded =
      kind.group == "berth.dev" && (kind.kind == "Container" || kind.kind == "Network" || kind.kind == "Volume");
  if (!bounded) return;
  const WorkloadPolicy policy = policy_of(ns);
  if (policy.level == Level::Privileged) return;
  const auto check = [&](const auto& spec) {
    std::vector<std::string> all = violations(policy, spec);
    std::ranges::move(foreign_names(ns, prefixed_names(spec)), std::back_inserter(all));
    return all;
  };
  std::vector<std::string> found;
  if (kind.kind == "Container") found = check(schemas::decode_container(object).spec);
  if (kind.kind == "Network") found = check(schemas::decode_network(object).spec);
  if (kind.kind == "Volume") found = check(schemas::decode_volume(object).spec);
  if (found.empty()) return;
  throw forbidden(kind.group, kind.plural, base::string_at(object, "metadata.name"),
                  "violates " + std::string(kEnforceLabel) + " \"" + std::string(to_string(policy.level)) +
                      "\" of namespace \"" + std::string(ns) + "\": " + joined(found, ", "));
}

}  // namespace berth::resources
