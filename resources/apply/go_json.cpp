// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/go_json.hpp"

namespace berth::resources {

std::string to_go_json(const base::Json& value) { return as_go_json(base::to_canonical(value)); }

std::string as_go_json(std::string text) {
  const auto has = [&text](char c) { return text.find(c) != std::string::npos; };
  if (!has('<') && !has('>') && !has('&')) return text;
  std::string out;
  for (const char c : text) {  // they stand in strings only
    if (c == '<') {
      out.append("\\u003c");
    } else if (c == '>') {
      out.append("\\u003e");
    } else if (c == '&') {
      out.append("\\u0026");
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace berth::resources
