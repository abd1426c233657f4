// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/rbac_rules.hpp"

#include "resources/request/requirement.hpp"
#include "resources/rights/policy_rule.hpp"
#include "resources/rights/rbac_index.hpp"
#include "schemas/causes.hpp"
#include "schemas/name_formats.hpp"

namespace berth::resources {
namespace {

using base::Json;
using schemas::Causes;
using schemas::Kind;

constexpr const char* kGroup = "rbac.authorization.k8s.io";

std::string_view text(const Json& object, std::string_view member) { return base::string_at(object, member); }

const base::JsonArray& list_at(const Json& object, std::string_view member) {
  static const base::JsonArray none;
  const Json* found = base::find_path(object, member);
  return found != nullptr && found->is_array() ? found->get_array() : none;
}

void set_group(Json& object, std::string_view group) {
  if (!object.is_object() || !text(object, "apiGroup").empty()) return;
  if (!group.empty()) object.get_object()["apiGroup"] = group;
}

base::Json as_json(const std::vector<std::string>& texts) { return base::JsonArray(texts.begin(), texts.end()); }

void check_rule(const Kind& kind, const PolicyRule& rule, const std::string& at, Causes& causes) {
  if (rule.verbs.empty()) causes.required(at + ".verbs", "verbs must contain at least one value");
  if (!rule.non_resource_urls.empty()) {
    const auto refuse = [&](std::string_view why) {
      causes.invalid(at + ".nonResourceURLs", as_json(rule.non_resource_urls), why);
    };
    if (kind.namespaced) refuse("namespaced rules cannot apply to non-resource URLs");
    if (!rule.api_groups.empty() || !rule.resources.empty() || !rule.resource_names.empty()) {
      refuse("rules cannot apply to both regular resources and non-resource URLs");
    }
    return;
  }
  if (rule.api_groups.empty()) causes.required(at + ".apiGroups", "resource rules must supply at least one api group");
  if (rule.resources.empty()) causes.required(at + ".resources", "resource rules must supply at least one resource");
}

void check_selector(const Json& selector, const std::string& at, Causes& causes) {
  std::size_t index = 0;
  for (const Json& expression : list_at(selector, "matchExpressions")) {
    const std::string where = at + ".matchExpressions[" + std::to_string(index++) + "]";
    const std::string_view op = text(expression, "operator");
    const bool valued = !list_at(expression, "values").empty();
    if (op == "In" || op == "NotIn") {
      if (!valued) causes.required(where + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (op == "Exists" || op == "DoesNotExist") {
      if (valued) {
        causes.forbidden(where + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
    } else {
      causes.invalid(where + ".operator", Json(op), "not a valid selector operator");
    }
    const std::string_view why = schemas::check_qualified_name(text(expression, "key"));
    if (!why.empty()) causes.invalid(where + ".key", Json(text(expression, "key")), why);
  }
}

void check_role(const Kind& kind, const Json& object, Causes& causes) {
  std::size_t index = 0;
  for (const PolicyRule& rule : read_rules(object)) {
    check_rule(kind, rule, "rules[" + std::to_string(index++) + "]", causes);
  }
  const Json* aggregation = base::find_path(object, "aggregationRule");
  if (aggregation == nullptr || !aggregation->is_object()) return;
  const base::JsonArray& selectors = list_at(*aggregation, "clusterRoleSelectors");
  if (selectors.empty()) {
    causes.required("aggregationRule.clusterRoleSelectors",
                    "at least one clusterRoleSelector required if aggregationRule is non-nil");
  }
  index = 0;
  for (const Json& selector : selectors) {
    check_selector(selector, "aggregationRule.clusterRoleSelectors[" + std::to_string(index++) + "]", causes);
  }
}

void check_name(std::string_view name, const std::string& at, std::string_view (*check)(std::string_view),
                Causes& causes) {
  if (name.empty()) return causes.required(at);
  const std::string_view why = check(name);
  if (!why.empty()) causes.invalid(at, Json(name), why);
}

void check_subject(const Kind& kind, const Json& subject, const std::string& at, Causes& causes) {
  const std::string_view is = text(subject, "kind");
  const std::string_view group = text(subject, "apiGroup");
  const bool account = is == "ServiceAccount";
  if (text(subject, "name").empty()) causes.required(at + ".name");
  if (!account && is != "User" && is != "Group") {
    return causes.not_supported(at + ".kind", Json(is), {"Group", "ServiceAccount", "User"});
  }
  const std::string_view wanted = account ? "" : kGroup;
  if (group != wanted) causes.not_supported(at + ".apiGroup", Json(group), {std::string(wanted)});
  if (!account) return;
  if (!text(subject, "name").empty())
    check_name(text(subject, "name"), at + ".name", schemas::check_dns_subdomain, causes);
  if (!kind.namespaced && text(subject, "namespace").empty()) causes.required(at + ".namespace");
}

void check_binding(const Kind& kind, const Json& object, Causes& causes) {
  const Json* role = base::find_path(object, "roleRef");
  if (role == nullptr || !role->is_object()) return;  // the schema has spoken
  const std::string_view group = text(*role, "apiGroup");
  if (group != kGroup) causes.not_supported("roleRef.apiGroup", Json(group), {kGroup});
  const std::string_view is = text(*role, "kind");
  if (is != "ClusterRole" && (is != "Role" || !kind.namespaced)) {
    std::vector<std::string> supported{"ClusterRole"};
    if (kind.namespaced) supported.emplace_back("Role");
    causes.not_supported("roleRef.kind", Json(is), supported);
  }
  check_name(text(*role, "name"), "roleRef.name", schemas::check_path_segment, causes);
  std::size_t index = 0;
  for (const Json& subject : list_at(object, "subjects")) {
    check_subject(kind, subject, "subjects[" + std::to_string(index++) + "]", causes);
  }
}

}  // namespace

void complete_rbac(const Kind& kind, Json& object) {
  if (!is_role_binding(kind)) return;
  if (Json* role = base::find_path(object, "roleRef")) set_group(*role, kGroup);
  Json* subjects = base::find_path(object, "subjects");
  if (subjects == nullptr || !subjects->is_array()) return;
  for (Json& subject : subjects->get_array()) {
    const std::string_view is = text(subject, "kind");
    if (is == "User" || is == "Group") set_group(subject, kGroup);
  }
}

std::vector<base::Cause> check_rbac(const Kind& kind, const Json& object, const Json* before) {
  Causes causes;
  if (is_role(kind)) check_role(kind, object, causes);
  if (is_role_binding(kind)) {
    check_binding(kind, object, causes);
    const Json* role = base::find_path(object, "roleRef");
    const Json* old = before == nullptr ? nullptr : base::find_path(*before, "roleRef");
    if (role != nullptr && old != nullptr && !base::json_equal(*role, *old)) {
      causes.invalid("roleRef", *role, "cannot change roleRef");
    }
  }
  return causes.take();
}

}  // namespace berth::resources
