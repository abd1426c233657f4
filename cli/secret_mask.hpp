// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/json.hpp"

namespace berth::cli {

// Replaces the values of two states of a Secret, and the copy of them that kubectl keeps, so that a diff shows which
// keys change and no value. Either may be null: the object is not there.
void mask_secret(base::Json& from, base::Json& to);

}  // namespace berth::cli
