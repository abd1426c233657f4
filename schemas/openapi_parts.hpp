// SPDX-License-Identifier: Apache-2.0
#pragma once
// The parts of an OpenAPI document, each handed over as soon as it is made, so that the tree of a whole document is
// never in memory. Private to the openapi files.
#include <functional>
#include <set>
#include <string>

#include "schemas/openapi.hpp"
#include "schemas/schema.hpp"

namespace berth::schemas {

// Takes one part: a path or a model by its name.
using TakePart = std::function<void(const std::string& name, const Json& part)>;

// "dev.berth.v1." for berth.dev/v1, "io.k8s.api.core.v1." for v1. Dots only: a slash would have to be escaped in every
// reference, which Argo CD does not survive.
std::string openapi_package(const Kind& kind);
// {"$ref": ...} to a model.
base::JsonObject openapi_reference(OpenapiVersion version, const std::string& model);
// {"group": ..., "kind": ..., "version": ...}
base::JsonObject openapi_kind(const Kind& kind, const std::string& name);

inline constexpr const char* kMetaPackage = "io.k8s.apimachinery.pkg.apis.meta.v1.";
inline constexpr const char* kKindMark = "x-kubernetes-group-version-kind";

// Makes models, each once: a kind's, and those of the types that it holds (x-berth-type).
class OpenapiModels {
 public:
  OpenapiModels(OpenapiVersion version, TakePart take) : version_(version), take_(std::move(take)) {}
  void add_kind(const Kind& kind);
  void add_list(const Kind& kind);
  // Status, DeleteOptions and the like.
  void add_meta_types();

 private:
  void define(const std::string& name, const Schema& schema, const std::string& package);
  base::JsonObject use(const Schema& schema, const std::string& package);
  base::JsonObject describe(const Schema& schema, const std::string& package);
  void describe_children(base::JsonObject& model, const Schema& schema, const std::string& package);

  const OpenapiVersion version_;
  const TakePart take_;
  std::set<std::string> known_;
};

// Makes the paths of a kind: what discovery's verbs say, and its subresources.
void add_openapi_paths(OpenapiVersion version, const Kind& kind, const TakePart& take);

}  // namespace berth::schemas
