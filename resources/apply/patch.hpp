// SPDX-License-Identifier: Apache-2.0
#pragma once
// Patches as pure functions over JSON.
#include <cstddef>

#include "base/json.hpp"

namespace berth::resources {

inline constexpr std::size_t kMostPatchOperations = 10'000;
// What all `copy` operations of one patch may add up to, as canonical bytes.
inline constexpr std::size_t kMostCopiedBytes = 3 * 1024 * 1024;

// RFC 6902 as upstream's library (evanphx/json-patch) reads it: `replace` of a missing member adds it, `copy` of one
// copies null, `test` of one against null holds, an absent value is null, an array index may count from the end (-1 is
// the last), and only `replace` and `test` take the whole document. Throws BadRequest for what is no patch,
// RequestEntityTooLarge past the two limits, Invalid when an operation does not apply.
base::Json apply_json_patch(base::Json target, const base::Json& patch);

// RFC 7386. Throws BadRequest unless the patch is an object.
base::Json apply_merge_patch(base::Json target, const base::Json& patch);

}  // namespace berth::resources
