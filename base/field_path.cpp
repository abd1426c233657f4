// SPDX-License-Identifier: Apache-2.0
#include "base/field_path.hpp"

namespace berth::base {

std::string to_field_path(const std::vector<FieldStep>& steps) {
  std::string path;
  for (const FieldStep& step : steps) {
    if (const auto* index = std::get_if<std::size_t>(&step)) {
      path.append("[").append(std::to_string(*index)).append("]");
    } else {
      if (!path.empty()) path.push_back('.');
      path.append(std::get<std::string>(step));
    }
  }
  return path;
}

}  // namespace berth::base
