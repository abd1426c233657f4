// SPDX-License-Identifier: Apache-2.0
#include "compose/secret_text.hpp"

#include <algorithm>
#include <optional>

namespace berth::compose {

namespace {
constexpr char kBegin = '\x02';
constexpr char kEnd = '\x03';

// With what `told` gives for a variable's name in place of its mark; nothing leaves the mark as it is.
template <class Told>
std::string replaced(std::string_view text, Told&& told) {
  std::string out;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find(kBegin), text.size());
    out += text.substr(0, begin);
    text.remove_prefix(begin);
    const std::size_t end = text.find(kEnd);
    if (text.empty() || end == std::string_view::npos) return out.append(text);
    const std::optional<std::string> value = told(text.substr(1, end - 1));
    out += value ? *value : std::string(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

std::string secret_mark(std::string_view variable) { return kBegin + std::string(variable) + kEnd; }

bool has_secret(std::string_view text) { return text.find(kBegin) != std::string_view::npos; }

std::string reveal(std::string_view text, const Environment& secrets) {
  return replaced(text, [&secrets](std::string_view name) -> std::optional<std::string> {
    const auto found = secrets.find(name);
    if (found == secrets.end()) return std::nullopt;
    return found->second;
  });
}

std::string shown(std::string_view text) {
  return replaced(text, [](std::string_view name) -> std::optional<std::string> {
    return std::string("${").append(name).append("}");
  });
}

}  // namespace berth::compose
