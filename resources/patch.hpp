// SPDX-License-Identifier: Apache-2.0
#pragma once
// Patches as pure functions over JSON.
#include <cstddef>

#include "base/json.hpp"

namespace berth::resources {

inline constexpr std::size_t kMostPatchOperations = 10'000;
// What all `copy` operations of one patch may add up to, as canonical bytes.
inline constexpr std::size_t kMostCopiedBytes = 3 * 1024 * 1024;

// RFC 6902, with the quirks of upstream's library: `replace` of a missing member adds it, `test` of a missing one
// against null holds, and an array index may count from the end (-1 is the last). Throws BadRequest for a malformed
// patch, RequestEntityTooLarge past the two limits, Invalid when an operation does not apply.
base::Json apply_json_patch(base::Json target, const base::Json& patch);

// RFC 7386. Throws BadRequest unless the patch is an object.
base::Json apply_merge_patch(base::Json target, const base::Json& patch);

}  // namespace berth::resources
