// SPDX-License-Identifier: Apache-2.0
#pragma once
// The refusal of a request's options, of which ListOptions is a kind as much as any object has one.
#include <string_view>
#include <vector>

#include "base/status.hpp"

namespace berth::resources {

// 422 in upstream's words: `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: ...`.
base::Status invalid_options(std::string_view options_kind, std::vector<base::Cause> causes);

}  // namespace berth::resources
