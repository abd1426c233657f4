// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is UTF-8 and what is not (RFC 3629: no surrogates, nothing overlong, nothing above U+10FFFF).
#include <cstddef>
#include <string_view>

namespace berth::base {

// The length of the character that `text` begins with, 1 to 4; 0 when it is empty or begins with none.
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

// At most that many bytes from the beginning, never ending inside a character.
std::string_view truncated(std::string_view text, std::size_t most);

}  // namespace berth::base
