// SPDX-License-Identifier: Apache-2.0
#pragma once
// What headers are made of: words without case, lists with separators. ASCII.
#include <string>
#include <string_view>
#include <vector>

namespace berth::api {

std::string lower(std::string_view text);
// Without the blanks and tabs around it.
std::string_view trim(std::string_view text);
// The trimmed parts, empty ones too; views into the text.
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace berth::api
