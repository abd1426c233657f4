// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/default_roles.hpp"

#include "base/yaml.hpp"

namespace berth::resources {
namespace {

// name, labels, rules or aggregate, and subjects of the binding of the same name. A rule is [groups, resources, verbs];
// the names are upstream's where the roles are.
constexpr std::string_view kRoles = R"yaml(
- name: cluster-admin
  rules: [[["*"], ["*"], ["*"]]]
  urls: [["*"], ["*"]]
  groups: [system:masters]
- name: admin
  aggregate: aggregate-to-admin
- name: edit
  labels: [aggregate-to-admin]
  aggregate: aggregate-to-edit
- name: operator
  labels: [aggregate-to-edit]
  aggregate: aggregate-to-operator
- name: view
  labels: [aggregate-to-operator]
  aggregate: aggregate-to-view
- name: host-user
  rules: [[[berth.dev], [hosts], [use]]]
- name: system:aggregate-to-admin
  labels: [aggregate-to-admin]
  rules:
    - [[rbac.authorization.k8s.io], [roles, rolebindings], &all [create, delete, deletecollection, get, list, patch, update, watch]]
    - [[authorization.k8s.io], [localsubjectaccessreviews], [create]]
- name: system:aggregate-to-edit
  labels: [aggregate-to-edit]
  rules:
    - [[berth.dev], [containers, composestacks, networks, registries, volumes], &change [create, delete, deletecollection, patch, update]]
    - [[berth.dev], [containers/plan, composestacks/plan], [create]]
    - [[""], [configmaps, events, serviceaccounts], *change]
    - [[""], [secrets], *all]
    - [[""], [serviceaccounts], [impersonate]]
    - [[""], [serviceaccounts/token], [create]]
    - [[coordination.k8s.io], [leases], *all]
    - [[events.k8s.io], [events], *change]
- name: system:aggregate-to-operator
  labels: [aggregate-to-operator]
  rules:
    - [[berth.dev], [containers, composestacks], [operate]]
- name: system:aggregate-to-view
  labels: [aggregate-to-view]
  rules:
    - [[berth.dev], [containers, containers/revisions, containers/status, composestacks, composestacks/status, networks, networks/status, registries, registries/status, volumes, volumes/status], &see [get, list, watch]]
    - [[""], [configmaps, events, namespaces, namespaces/status, serviceaccounts], *see]
    - [[events.k8s.io], [events], *see]
- name: system:basic-user
  rules:
    - [[authorization.k8s.io], [selfsubjectaccessreviews, selfsubjectrulesreviews], [create]]
    - [[authentication.k8s.io], [selfsubjectreviews], [create]]
  groups: &everybody [system:authenticated]
- name: system:discovery
  urls: [[/api, /api/*, /apis, /apis/*, /healthz, /livez, /openapi, /openapi/*, /readyz, /version, /version/], [get]]
  groups: *everybody
- name: system:host-viewer
  rules:
    - [[berth.dev], [hosts, hosts/status], *see]
    - [[engine.berth.dev], ["*"], [get, list]]
  groups: *everybody
- name: system:declaration-viewer
  rules:
    - [[apiextensions.k8s.io], [customresourcedefinitions], *see]
  groups: *everybody
- name: system:public-info-viewer
  urls: [[/healthz, /livez, /readyz, /version, /version/], [get]]
  groups: *everybody
- name: system:auth-delegator
  rules:
    - [[authentication.k8s.io], [tokenreviews], [create]]
    - [[authorization.k8s.io], [subjectaccessreviews], [create]]
)yaml";

constexpr std::string_view kPrefix = "rbac.authorization.kubernetes.io/";
constexpr std::string_view kVersion = "rbac.authorization.k8s.io/v1";

base::JsonObject metadata_of(const base::Json& role) {
  base::JsonObject labels{{"kubernetes.io/bootstrapping", "rbac-defaults"}};
  if (const base::Json* list = base::find_path(role, "labels")) {
    for (const base::Json& label : list->as_array()) {
      labels[std::string(kPrefix).append(label.as_string())] = "true";
    }
  }
  return {{"name", role.at("name")},
          {"labels", std::move(labels)},
          {"annotations", base::JsonObject{{std::string(kPrefix) + "autoupdate", "true"}}}};
}

base::JsonArray rules_of(const base::Json& role) {
  base::JsonArray rules;
  if (const base::Json* list = base::find_path(role, "rules")) {
    for (const base::Json& rule : list->as_array()) {
      rules.push_back(base::JsonObject{{"apiGroups", rule.at(0)}, {"resources", rule.at(1)}, {"verbs", rule.at(2)}});
    }
  }
  if (const base::Json* urls = base::find_path(role, "urls")) {
    rules.push_back(base::JsonObject{{"nonResourceURLs", urls->at(0)}, {"verbs", urls->at(1)}});
  }
  return rules;
}

base::Json role_object(const base::Json& role) {
  base::JsonObject object{
      {"apiVersion", kVersion}, {"kind", "ClusterRole"}, {"metadata", metadata_of(role)}, {"rules", rules_of(role)}};
  if (const std::string_view label = base::string_at(role, "aggregate"); !label.empty()) {
    const base::JsonObject labels{{std::string(kPrefix).append(label), "true"}};
    object["aggregationRule"] =
        base::JsonObject{{"clusterRoleSelectors", base::JsonArray{base::JsonObject{{"matchLabels", labels}}}}};
  }
  return object;
}

base::Json binding_object(const base::Json& role, const base::Json& groups) {
  base::JsonArray subjects;
  for (const base::Json& group : groups.as_array()) {
    subjects.push_back(base::JsonObject{{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "Group"}, {"name", group}});
  }
  const base::JsonObject reference{
      {"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", role.at("name")}};
  base::JsonObject metadata = metadata_of(role);
  metadata["labels"] = base::JsonObject{{"kubernetes.io/bootstrapping", "rbac-defaults"}};
  return base::JsonObject{{"apiVersion", kVersion},
                          {"kind", "ClusterRoleBinding"},
                          {"metadata", std::move(metadata)},
                          {"roleRef", reference},
                          {"subjects", std::move(subjects)}};
}

}  // namespace

namespace {

std::vector<base::Json> make_objects() {
  const base::Json roles = base::parse_one_yaml(kRoles).value;
  std::vector<base::Json> objects;
  for (const base::Json& role : roles.as_array()) objects.push_back(role_object(role));
  for (const base::Json& role : roles.as_array()) {
    if (const base::Json* groups = base::find_path(role, "groups")) objects.push_back(binding_object(role, *groups));
  }
  return objects;
}

}  // namespace

const std::vector<base::Json>& default_roles() {
  static const std::vector<base::Json> objects = make_objects();
  return objects;
}

}  // namespace berth::resources
