// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace berth::api {

// JSON without white space, indented by two for people (?pretty=true). Works on the text; it must be well-formed.
std::string indent_json(std::string_view json);

}  // namespace berth::api
