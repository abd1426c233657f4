// SPDX-License-Identifier: Apache-2.0
#pragma once
// Values of secret variables never run through the model: a mark does, and only the data of a Secret has the value.
#include <string>
#include <string_view>

#include "compose/sources.hpp"

namespace berth::compose {

std::string secret_mark(std::string_view variable);
bool has_secret(std::string_view text);
// With the values in place of the marks.
std::string reveal(std::string_view text, const Environment& secrets);
// As the file has them, ${NAME}, in place of the marks: for whoever reads it.
std::string shown(std::string_view text);

}  // namespace berth::compose
