// SPDX-License-Identifier: Apache-2.0
#include "resources/role_keeping.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "resources/object/object_key.hpp"
#include "resources/rights/default_roles.hpp"
#include "resources/rights/rule_cover.hpp"

namespace berth::resources {
namespace {

// A chain of roles that gather each other is this long at most; a circle ends here, too.
constexpr int kMostRounds = 16;

const Kind& cluster_role() {
  static const Kind& kind = schemas::Catalog::instance().by_name("ClusterRole");
  return kind;
}

bool keeps_itself(const Json& object) {
  const Json* annotations = base::find_path(object, "metadata.annotations");
  const Json* found = annotations == nullptr || !annotations->is_object()
                          ? nullptr
                          : annotations->get_object().if_contains("rbac.authorization.kubernetes.io/autoupdate");
  return found == nullptr || *found != Json("true");
}

// Adds members that are missing; true when there were any.
bool add_missing(Json& object, const Json& wanted, const char* map) {
  const Json* source = base::find_path(wanted, map);
  if (source == nullptr) return false;
  base::JsonObject& target = base::make_path(object, map);
  bool added = false;
  for (const auto& [key, value] : source->as_object()) {
    if (target.contains(key)) continue;
    target[key] = value;
    added = true;
  }
  return added;
}

bool add_rules(Json& object, const Json& wanted) {
  // What a gathering role has is the others' matter; only how it gathers is kept.
  if (const Json* aggregation = base::find_path(wanted, "aggregationRule")) {
    const Json* present = base::find_path(object, "aggregationRule");
    if (present != nullptr && base::json_equal(*present, *aggregation)) return false;
    object.as_object()["aggregationRule"] = *aggregation;
    return true;
  }
  PolicyRules rules = read_rules(object);
  const PolicyRules missing = uncovered(rules, read_rules(wanted));
  if (missing.empty()) return false;
  rules.insert(rules.end(), missing.begin(), missing.end());
  object.as_object()["rules"] = to_json(rules);
  return true;
}

bool add_subjects(Json& object, const Json& wanted) {
  const Json* source = base::find_path(wanted, "subjects");
  if (source == nullptr) return false;
  Json& present = object.as_object()["subjects"];
  if (!present.is_array()) present.emplace_array();
  bool added = false;
  for (const Json& subject : source->as_array()) {
    const auto same = [&subject](const Json& each) { return base::json_equal(each, subject); };
    if (std::ranges::any_of(present.get_array(), same)) continue;
    present.get_array().push_back(subject);
    added = true;
  }
  return added;
}

Task<void> repair(ObjectWriter& writer, const ObjectReader& reader, const Json& wanted) {
  const Kind& kind = schemas::Catalog::instance().by_name(base::string_at(wanted, "kind"));
  const std::string name(base::string_at(wanted, "metadata.name"));
  const Caller caller = controller_caller("bootstrap");
  const auto present = reader.find(kind, "", name);
  if (!present) {
    Body body{wanted, {}};
    co_await writer.create(caller, kind, "", std::move(body), {});
    co_return;
  }
  const std::string uid(base::string_at(present->parse(), "metadata.uid"));
  const Edit edit = [&wanted](Json& object) {
    if (keeps_itself(object)) return false;
    bool changed = add_missing(object, wanted, "metadata.labels");
    changed |= add_subjects(object, wanted);
    if (base::string_at(wanted, "kind") == "ClusterRole") changed |= add_rules(object, wanted);
    return changed;
  };
  co_await writer.amend(caller, target_of(kind, "", name), Part::Main, uid, edit);
}

bool matches(const Json& selector, const Json& labels) {
  const auto value_of = [&labels](std::string_view key) -> const Json* {
    return labels.is_object() ? labels.get_object().if_contains(key) : nullptr;
  };
  if (const Json* wanted = base::find_path(selector, "matchLabels"); wanted != nullptr && wanted->is_object()) {
    for (const auto& [key, value] : wanted->get_object()) {
      const Json* found = value_of(key);
      if (found == nullptr || *found != value) return false;
    }
  }
  const Json* expressions = base::find_path(selector, "matchExpressions");
  if (expressions == nullptr || !expressions->is_array()) return true;
  return std::ranges::all_of(expressions->get_array(), [&](const Json& expression) {
    const Json* found = value_of(base::string_at(expression, "key"));
    const std::string_view op = base::string_at(expression, "operator");
    if (op == "Exists") return found != nullptr;
    if (op == "DoesNotExist") return found == nullptr;
    const Json* values = base::find_path(expression, "values");
    const bool listed = found != nullptr && values != nullptr && values->is_array() &&
                        std::ranges::find(values->get_array(), *found) != values->get_array().end();
    return op == "In" ? listed : !listed;
  });
}

bool gathers(const Json& role, const Json& other) {
  const Json* selectors = base::find_path(role, "aggregationRule.clusterRoleSelectors");
  const Json* labels = base::find_path(other, "metadata.labels");
  static const Json none;
  return std::ranges::any_of(selectors->as_array(), [&](const Json& selector) {
    return matches(selector, labels == nullptr ? none : *labels);
  });
}

std::vector<Json> all_cluster_roles(const ObjectReader& reader) {
  store::ListQuery query;
  query.prefix = key_prefix(cluster_role(), "");
  std::vector<Json> roles;
  for (const store::Entry& entry : reader.store().list(query).entries) roles.push_back(base::parse_json(*entry.value));
  return roles;
}

// The rules that a gathering role should have, in the order of the roles' names, each once.
PolicyRules gathered(const Json& role, const std::vector<Json>& roles) {
  PolicyRules rules;
  for (const Json& other : roles) {
    if (base::string_at(other, "metadata.name") == base::string_at(role, "metadata.name") || !gathers(role, other)) {
      continue;
    }
    for (PolicyRule& rule : read_rules(other)) {
      if (std::ranges::find(rules, rule) == rules.end()) rules.push_back(std::move(rule));
    }
  }
  return rules;
}

Task<bool> gather_once(ObjectWriter& writer, const std::vector<Json>& roles) {
  bool changed = false;
  for (const Json& role : roles) {
    const Json* selectors = base::find_path(role, "aggregationRule.clusterRoleSelectors");
    if (selectors == nullptr || !selectors->is_array()) continue;
    const PolicyRules rules = gathered(role, roles);
    if (rules == read_rules(role)) continue;
    const Edit edit = [&rules](Json& object) {
      object.as_object()["rules"] = to_json(rules);
      return true;
    };
    const std::string name(base::string_at(role, "metadata.name"));
    const std::string uid(base::string_at(role, "metadata.uid"));
    const Caller caller = controller_caller("clusterrole-aggregation");
    co_await writer.amend(caller, target_of(cluster_role(), "", name), Part::Main, uid, edit);
    changed = true;
  }
  co_return changed;
}

}  // namespace

Task<void> repair_default_roles(ObjectWriter& writer, const ObjectReader& reader) {
  for (const Json& wanted : default_roles()) co_await repair(writer, reader, wanted);
  co_await aggregate_cluster_roles(writer, reader);
}

Task<void> aggregate_cluster_roles(ObjectWriter& writer, const ObjectReader& reader) {
  for (int rounds = 0; rounds < kMostRounds; ++rounds) {
    const std::vector<Json> roles = all_cluster_roles(reader);
    const bool changed = co_await gather_once(writer, roles);
    if (!changed) co_return;
  }
  base::log_warning("ClusterRoles gather each other's rules in a circle");
}

}  // namespace berth::resources
