// SPDX-License-Identifier: Apache-2.0
#include "base/indented_json.hpp"

namespace berth::base {

std::string indent_json(std::string_view json, std::size_t spaces) {
  std::string text;
  text.reserve(json.size() * 2);
  std::size_t depth = 0;
  const auto new_line = [&text, &depth, spaces] { text.append("\n").append(depth * spaces, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') {
      const std::size_t begin = i++;
      while (i < json.size() && json[i] != '"') i += json[i] == '\\' ? 2 : 1;
      text.append(json.substr(begin, i - begin + 1));
    } else if ((c == '{' || c == '[') && i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']')) {
      text.append(json.substr(i++, 2));
    } else if (c == '{' || c == '[') {
      text += c;
      ++depth;
      new_line();
    } else if (c == '}' || c == ']') {
      if (depth > 0) --depth;
      new_line();
      text += c;
    } else if (c == ',') {
      text += c;
      new_line();
    } else {
      text += c;
      if (c == ':') text += ' ';
    }
  }
  return text + '\n';
}

}  // namespace berth::base
