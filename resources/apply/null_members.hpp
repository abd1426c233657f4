// SPDX-License-Identifier: Apache-2.0
#pragma once
// Nulls in what a patch brings anew mean nothing: there is nothing that they could take away.
#include "base/json.hpp"

namespace berth::resources {

// Takes them out of objects at any depth; the items of lists stay.
void drop_nulls(base::Json& value);

}  // namespace berth::resources
