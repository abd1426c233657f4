// SPDX-License-Identifier: Apache-2.0
#include "compose/secret_text.hpp"

#include <algorithm>

namespace berth::compose {

namespace {
constexpr char kBegin = '\x02';
constexpr char kEnd = '\x03';
}  // namespace

std::string secret_mark(std::string_view variable) { return kBegin + std::string(variable) + kEnd; }

bool has_secret(std::string_view text) { return text.find(kBegin) != std::string_view::npos; }

std::string reveal(std::string_view text, const Environment& secrets) {
  std::string out;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find(kBegin), text.size());
    out += text.substr(0, begin);
    text.remove_prefix(begin);
    const std::size_t end = text.find(kEnd);
    if (text.empty() || end == std::string_view::npos) return out.append(text);
    const auto found = secrets.find(text.substr(1, end - 1));
    out += found == secrets.end() ? std::string(text.substr(0, end + 1)) : found->second;
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace berth::compose
