// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/policy_rule.hpp"

#include <algorithm>

namespace berth::resources {
namespace {

using Texts = std::vector<std::string>;

bool has(const Texts& texts, std::string_view wanted) { return std::ranges::find(texts, wanted) != texts.end(); }
bool has_or_star(const Texts& texts, std::string_view wanted) { return has(texts, "*") || has(texts, wanted); }

Texts texts_at(const base::Json& json, std::string_view member) {
  Texts texts;
  const base::Json* list = json.is_object() ? json.get_object().if_contains(member) : nullptr;
  if (list == nullptr || !list->is_array()) return texts;
  for (const base::Json& item : list->get_array()) {
    if (item.is_string()) texts.emplace_back(item.get_string());
  }
  return texts;
}

// "*/scale" stands for that subresource of every resource. There is no "containers/*".
bool names_resource(const Texts& resources, std::string_view resource, std::string_view subresource) {
  return std::ranges::any_of(resources, [&](std::string_view each) {
    if (each == "*") return true;
    if (subresource.empty()) return each == resource;
    const std::size_t slash = each.find('/');
    if (slash == std::string_view::npos || each.substr(slash + 1) != subresource) return false;
    return each.substr(0, slash) == "*" || each.substr(0, slash) == resource;
  });
}

}  // namespace

PolicyRule read_rule(const base::Json& json) {
  return {texts_at(json, "verbs"), texts_at(json, "apiGroups"), texts_at(json, "resources"),
          texts_at(json, "resourceNames"), texts_at(json, "nonResourceURLs")};
}

PolicyRules read_rules(const base::Json& role) {
  PolicyRules rules;
  const base::Json* list = base::find_path(role, "rules");
  if (list == nullptr || !list->is_array()) return rules;
  for (const base::Json& rule : list->get_array()) rules.push_back(read_rule(rule));
  return rules;
}

base::JsonArray to_json(const PolicyRules& rules) {
  base::JsonArray list;
  for (const PolicyRule& rule : rules) {
    base::JsonObject json;
    const auto put = [&json](std::string_view member, const Texts& texts) {
      if (!texts.empty()) json[member] = base::JsonArray(texts.begin(), texts.end());
    };
    put("apiGroups", rule.api_groups);
    put("nonResourceURLs", rule.non_resource_urls);
    put("resourceNames", rule.resource_names);
    put("resources", rule.resources);
    put("verbs", rule.verbs);
    list.push_back(std::move(json));
  }
  return list;
}

bool allows(const PolicyRule& rule, const Attributes& wanted) {
  if (!has_or_star(rule.verbs, wanted.verb)) return false;
  if (!wanted.is_resource()) {
    return std::ranges::any_of(rule.non_resource_urls,
                               [&](const std::string& each) { return covers_url(each, wanted.path); });
  }
  return has_or_star(rule.api_groups, wanted.group) &&
         names_resource(rule.resources, wanted.resource, wanted.subresource) &&
         (rule.resource_names.empty() || has(rule.resource_names, wanted.name));
}

bool covers_url(std::string_view pattern, std::string_view path) {
  if (pattern == path) return true;
  if (!pattern.ends_with('*')) return false;
  pattern = pattern.substr(0, pattern.find_last_not_of('*') + 1);
  return path.starts_with(pattern);
}

std::string quoted_list(const Texts& texts) {
  std::string list = "[";
  for (const std::string& text : texts) {
    if (list.size() > 1) list += ' ';
    base::append_quoted(list, text);
  }
  return list += ']';
}

std::string describe(const PolicyRule& rule) {
  std::string text = "{";
  const auto add = [&text](std::string_view name, const Texts& texts) {
    if (texts.empty()) return;
    if (text.size() > 1) text += ", ";
    text.append(name).append(":").append(quoted_list(texts));
  };
  add("APIGroups", rule.api_groups);
  add("Resources", rule.resources);
  add("NonResourceURLs", rule.non_resource_urls);
  add("ResourceNames", rule.resource_names);
  add("Verbs", rule.verbs);
  return text += '}';
}

}  // namespace berth::resources
