// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "schemas/catalog.hpp"

namespace berth::resources {

inline bool is_core_kind(const schemas::Kind& kind, std::string_view name) {
  return kind.group.empty() && kind.kind == name;
}
inline bool is_namespace(const schemas::Kind& kind) { return is_core_kind(kind, "Namespace"); }

}  // namespace berth::resources
