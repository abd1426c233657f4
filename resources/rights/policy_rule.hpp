// SPDX-License-Identifier: Apache-2.0
#pragma once
// One rule of RBAC: what it allows. Pure; upstream's semantics and words.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace berth::resources {

// What somebody wants to do: a verb on a resource, or on a path that is none.
struct Attributes {
  std::string verb;
  std::string group;
  std::string resource;  // "" for a path
  std::string subresource;
  std::string ns;    // "" at the cluster scope, and across all namespaces
  std::string name;  // "" for all objects
  std::string path;

  bool is_resource() const { return !resource.empty(); }
};

struct PolicyRule {
  std::vector<std::string> verbs;
  std::vector<std::string> api_groups;
  std::vector<std::string> resources;
  std::vector<std::string> resource_names;
  std::vector<std::string> non_resource_urls;
  bool operator==(const PolicyRule&) const = default;
};
using PolicyRules = std::vector<PolicyRule>;

// Of an admitted object: members of other types count as absent.
PolicyRule read_rule(const base::Json& json);
PolicyRules read_rules(const base::Json& role);
base::JsonArray to_json(const PolicyRules& rules);

bool allows(const PolicyRule& rule, const Attributes& wanted);

// Whether `pattern` of a rule, "/apis/*", stands for that path or pattern.
bool covers_url(std::string_view pattern, std::string_view path);

// {APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}
std::string describe(const PolicyRule& rule);
// ["a" "b"], as Go prints a list of strings.
std::string quoted_list(const std::vector<std::string>& texts);

}  // namespace berth::resources
