// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/json.hpp"

namespace berth::cli {

// The JSON merge patch (RFC 7386) that makes `to` of `from`; {} when they are equal. Lists are whole values. A null in
// `to` cannot be said by such a patch: it reads as absent.
base::JsonObject make_merge_patch(const base::JsonObject& from, const base::JsonObject& to);

}  // namespace berth::cli
