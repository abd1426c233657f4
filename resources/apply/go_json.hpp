// SPDX-License-Identifier: Apache-2.0
#pragma once
// JSON as Go's encoder has it: canonical, with <, > and & escaped.
#include <string>

#include "base/json.hpp"

namespace berth::resources {

std::string to_go_json(const base::Json& value);
// Of canonical text.
std::string as_go_json(std::string text);

}  // namespace berth::resources
