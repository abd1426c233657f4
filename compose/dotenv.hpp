// SPDX-License-Identifier: Apache-2.0
#pragma once
// Files of variables: .env, env_file, label_file. One NAME=value a line (or NAME: value); # comments, `export `, quotes
// over several lines, escapes and variables in double quotes, variables without quotes; a bare NAME is inherited.
#include <string_view>

#include "compose/sources.hpp"
#include "compose/template.hpp"

namespace berth::compose {

// Adds to `into`, whose own values the text may use; `lookup` wins over them. Throws BadRequest "line L: ...".
void read_env_file(std::string_view text, const Lookup& lookup, Environment& into);

// `format: raw`: NAME=value as it stands, nothing quoted, nothing filled in.
void read_raw_env_file(std::string_view text, const Lookup& lookup, Environment& into);

}  // namespace berth::compose
