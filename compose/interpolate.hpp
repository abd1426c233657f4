// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "compose/problems.hpp"
#include "compose/shape.hpp"
#include "compose/template.hpp"

namespace berth::compose {

// Variables in every string of the value, in place; then strings become the booleans and numbers that their shape asks
// for. Keys are left alone. Throws Invalid with every value that failed, by its path; a variable that is not set is a
// warning.
void interpolate(const Shape& shape, Json& value, const Lookup& lookup, Problems& warnings);

}  // namespace berth::compose
