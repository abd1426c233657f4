// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "compose/problems.hpp"
#include "compose/shape.hpp"

namespace berth::compose {

// The canonical model's form of a value in long form, which check() found no fault in: bytes as decimal text, durations
// as "1m30s", commands as words, lists of pairs as maps; what is empty and x-* left out. Throws Invalid.
Json render(const Shape& shape, const Json& value, const std::string& path, Problems& warnings);

}  // namespace berth::compose
