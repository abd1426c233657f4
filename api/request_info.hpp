// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a request is about, read from its method and target alone. Pure.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::api {

// The shapes of path that have a route.
enum class Shape {
  Health,               // /livez, /readyz, /healthz and /readyz/<check>
  Version,              // /version
  CoreVersions,         // /api
  Groups,               // /apis
  Group,                // /apis/<group>
  GroupVersion,         // /api/v1, /apis/<group>/<version>
  OpenapiV2,            // /openapi/v2
  OpenapiIndex,         // /openapi/v3
  OpenapiGroupVersion,  // /openapi/v3/api/v1, /openapi/v3/apis/<group>/<version>
  Collection,           // .../<plural>
  Object,               // .../<plural>/<name>
  Status,               // .../<plural>/<name>/status
  Token,                // .../<plural>/<name>/token
  Finalize,             // .../<plural>/<name>/finalize
  Plan,                 // .../<plural>/<name>/plan
  Revisions,            // .../<plural>/<name>/revisions
  Revision,             // .../<plural>/<name>/revisions/<number>
  HostImages,           // /apis/engine.berth.dev/<version>/hosts/<name>/images/<pull or prune>
  HostContainers,       // /apis/engine.berth.dev/<version>/hosts/<name>/containers/manifest
  KeyRotation,          // /keyring/rotate
  Unknown,
};

// Kubernetes' verbs, and what is done to the images of a Host. Head is for health checks; None is a method that means
// nothing here.
enum class Verb { Get, List, Watch, Create, Update, Patch, Delete, DeleteCollection, Head, None, Pull, Prune, Adopt };

// "deletecollection", as RBAC and the audit have it.
std::string_view to_string(Verb verb);

// The query of a target, decoded.
class Query {
 public:
  Query() = default;
  explicit Query(std::vector<std::pair<std::string, std::string>> fields) : fields_(std::move(fields)) {}
  bool has(std::string_view name) const;
  // The first of that name, or "".
  std::string_view get(std::string_view name) const;
  std::vector<std::string_view> get_all(std::string_view name) const;
  bool empty() const { return fields_.empty(); }
  // Present and neither "false" nor "0", as Go's conversion of query parameters has it.
  bool flag(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct RequestInfo {
  Shape shape = Shape::Unknown;
  Verb verb = Verb::None;
  std::string method;
  std::string path;  // as sent, without the query: safe to log
  std::string group;
  std::string version;
  std::string resource;
  std::string ns;             // "" for cluster-scoped resources and for all namespaces
  std::string name;           // also the check of a health path
  std::string subresource;    // "status", or one that no route serves
  std::string part;           // of a subresource: the number of a revision
  bool watch_prefix = false;  // /api/v1/watch/..., the older way to ask for a watch
  Query query;

  bool is_resource() const { return !resource.empty(); }
};

// Throws BadRequest for escapes that are none, and for segments that are "." or ".." or hide a slash.
RequestInfo read_request_info(std::string_view method, std::string_view target);

}  // namespace berth::api
