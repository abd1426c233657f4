// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace berth::base {

// JSON without white space, indented for people: the server's ?pretty=true by two spaces, `-o json` by kubectl's four.
// Works on the text, which must be well-formed. Ends with a line end.
std::string indent_json(std::string_view json, std::size_t spaces);

}  // namespace berth::base
