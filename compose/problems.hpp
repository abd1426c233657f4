// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is wrong with a stack, or only odd, and where.
#include <string>
#include <string_view>
#include <vector>

namespace berth::compose {

struct Problem {
  std::string path;  // "services.web.ports[0]"; "" for the whole
  std::string message;
  bool operator==(const Problem&) const = default;
};
using Problems = std::vector<Problem>;

std::string member_path(std::string_view path, std::string_view name);
std::string item_path(std::string_view path, std::size_t index);

// Throws Invalid with a cause for each, if there is any.
void throw_if_any(const Problems& problems);

// Throws Invalid with this one.
[[noreturn]] void refuse(std::string path, std::string message);

}  // namespace berth::compose
