// SPDX-License-Identifier: Apache-2.0
#pragma once
// The formats that a text may be held to (x-berth-format, x-berth-keys, format).
#include <string_view>

namespace berth::schemas {

struct Format {
  std::string_view name;
  // What is wrong with the text, in a sentence; "" when it is right. Texts live for ever.
  std::string_view (*check)(std::string_view text);
  bool empty_is_unset = false;  // "" stands for unset, and passes
};

// nullptr when unknown.
const Format* find_format(std::string_view name);

// distribution/reference's grammar, as docker run and docker pull take it.
std::string_view check_image(std::string_view text);

}  // namespace berth::schemas
