// SPDX-License-Identifier: Apache-2.0
#pragma once
// https://github.com/compose-spec/compose-spec/blob/main/13-merge.md
#include <string>

#include "compose/shape.hpp"

namespace berth::compose {

// `earlier` with what `later` says over it. Neither has tags. Throws Invalid where the two do not fit.
Json merge(const Shape& shape, Json earlier, const Json& later, const std::string& path);

// Members of lists that are the same become one, in place: the last, where the first stood.
void unify(const Shape& shape, Json& value, const std::string& path);

}  // namespace berth::compose
