// SPDX-License-Identifier: Apache-2.0
#pragma once
// Objects that client-side apply has written keep what they were given under an Update of its manager; server-side
// apply would then neither change nor drop those fields without a conflict. This moves them, as kubectl does.
// https://pkg.go.dev/k8s.io/client-go/util/csaupgrade
#include <optional>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace berth::cli {

// The managers whose Update owns the last-applied annotation of `live`, each once.
std::vector<std::string> client_side_managers(const base::Json& live);

// `live`'s managedFields with what those managers own moved to `manager`'s Apply; nothing when there are none.
std::optional<base::JsonArray> upgrade_managers(const base::Json& live, std::string_view manager);

}  // namespace berth::cli
