// SPDX-License-Identifier: Apache-2.0
#pragma once
// Kubernetes' strategic merge patch, as a pure function over JSON.
// https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
#include <cstddef>

#include "base/json.hpp"
#include "schemas/catalog.hpp"

namespace berth::resources {

// Most items of a list that is merged item by item.
inline constexpr std::size_t kMostMergedItems = 1024;

// Which lists are merged, and by which key, is what `kind` declares (x-kubernetes-patch-strategy). Throws BadRequest
// for a malformed patch, in upstream's words where it has a code for them, Invalid when it does not fit what stands,
// and RequestEntityTooLarge past the limit.
base::Json apply_strategic_patch(base::Json target, base::Json patch, const schemas::Kind& kind);

}  // namespace berth::resources
