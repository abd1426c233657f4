// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "base/json.hpp"

namespace berth::resources {

// Of a stored object that is looked at and dropped: the tree is in one piece of memory, which goes with the value.
base::Json parse_briefly(std::string_view bytes);

}  // namespace berth::resources
