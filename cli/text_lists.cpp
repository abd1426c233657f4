// SPDX-License-Identifier: Apache-2.0
#include "cli/text_lists.hpp"

namespace berth::cli {

std::vector<std::string> texts_at(const base::Json& value, std::string_view path) {
  std::vector<std::string> texts;
  const base::Json* list = base::find_path(value, path);
  if (list == nullptr || !list->is_array()) return texts;
  for (const base::Json& text : list->get_array()) {
    if (text.is_string()) texts.emplace_back(text.get_string());
  }
  return texts;
}

}  // namespace berth::cli
