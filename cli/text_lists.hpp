// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lists of texts in what a server answers.
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace berth::cli {

// None where there is no list at the path; what is no text in it is left out.
std::vector<std::string> texts_at(const base::Json& value, std::string_view path);

}  // namespace berth::cli
