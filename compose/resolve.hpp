// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "compose/shape.hpp"

namespace berth::compose {

// A bind whose source was relative keeps a mark.
inline constexpr std::string_view kWasRelative = "x-#relative";

struct PathBase {
  std::string folder;
  std::string home;
};

// Makes the paths in a value absolute, in place: those that are relative start at `base`, ~ is `home` where that is
// known. Throws Invalid for a bind without a source.
void resolve_paths(const Shape& shape, Json& value, const PathBase& base, const std::string& path);

}  // namespace berth::compose
