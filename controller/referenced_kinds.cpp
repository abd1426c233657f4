// SPDX-License-Identifier: Apache-2.0
#include "controller/referenced_kinds.hpp"

#include <algorithm>
#include <set>

#include "schemas/declarations.hpp"

namespace berth::controller {
namespace {

using base::Json;

void collect(const Json& node, std::set<std::string>& names) {
  if (const auto* array = node.if_array()) {
    for (const Json& item : *array) collect(item, names);
  } else if (const auto* object = node.if_object()) {
    for (const auto& [key, value] : *object) {
      if (key == "x-berth-ref") {
        names.emplace(base::string_at(value, "kind"));
      } else {
        collect(value, names);
      }
    }
  }
}

}  // namespace

std::vector<const schemas::Kind*> referenced_kinds(const schemas::Kind& kind) {
  std::set<std::string> names;
  const Json declared = base::parse_json(schemas::declarations());
  for (const Json& declaration : declared.at("kinds").as_array()) {
    if (base::string_at(declaration, "spec.names.kind") == kind.kind &&
        base::string_at(declaration, "spec.group") == kind.group) {
      collect(declaration, names);
    }
  }
  std::vector<const schemas::Kind*> found;
  for (const schemas::Kind& served : schemas::Catalog::instance().kinds()) {
    if (names.contains(served.kind)) found.push_back(&served);
  }
  return found;
}

}  // namespace berth::controller
