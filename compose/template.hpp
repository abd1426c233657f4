// SPDX-License-Identifier: Apache-2.0
#pragma once
// Variables in values: $NAME, ${NAME}, ${NAME:-x}, ${NAME-x}, ${NAME:?e}, ${NAME?e}, ${NAME:+x}, ${NAME+x}, $$; what
// follows the operator is a template again. https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace berth::compose {

struct Lookup {
  std::function<std::optional<std::string>(std::string_view name)> value;
  std::function<void(std::string_view name)> unset;  // told of a variable that is not set and has no default
};

// Throws BadRequest for a malformed template, for a required variable that is missing, and past 4 MiB.
std::string substitute(std::string_view text, const Lookup& lookup);

}  // namespace berth::compose
