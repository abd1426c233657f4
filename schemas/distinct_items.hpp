// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "schemas/causes.hpp"
#include "schemas/schema.hpp"

namespace berth::schemas {

// Duplicates of a list of type set or map, and by x-berth-unique: a cause at the second of items that are equal, as
// upstream has it.
void check_distinct(const Schema& schema, const base::JsonArray& array, const Place& at, Causes& causes);

}  // namespace berth::schemas
