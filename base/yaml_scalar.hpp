// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a YAML scalar without quotes means.
#include <optional>
#include <string_view>

#include "base/json.hpp"

namespace berth::base {

// The null, boolean or number that a plain scalar stands for by the core schema; nothing when it is a string. A
// leading zero makes digits below 8 octal (0644 is 420), as kubectl and Compose read it. .inf and .nan are doubles
// that JSON cannot hold: the caller refuses them.
std::optional<Json> core_schema_value(std::string_view text);

// True when some reader of YAML, 1.1 or 1.2, takes the plain scalar for anything but a string: yes, 0b1, 12:30,
// 2026-01-01, <<.
bool is_ambiguous_plain(std::string_view text);

}  // namespace berth::base
