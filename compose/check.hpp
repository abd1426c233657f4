// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "compose/problems.hpp"
#include "compose/shape.hpp"

namespace berth::compose {

// Everything in the value, in its short or long form, that its shape does not allow.
Problems check(const Shape& shape, const Json& value);

// What two attributes say against each other, after the long forms: file and content of a config, and the like.
Problems check_rules(const Json& file);

}  // namespace berth::compose
