// SPDX-License-Identifier: Apache-2.0
#pragma once
// ASCII classes, independent of the locale.
#include <string_view>

namespace berth::schemas {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower_alnum(char c) { return is_lower(c) || is_digit(c); }
constexpr bool is_alnum(char c) { return is_lower_alnum(c) || is_upper(c); }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

template <class Predicate>
constexpr bool all_of(std::string_view text, Predicate predicate) {
  for (const char c : text) {
    if (!predicate(c)) return false;
  }
  return true;
}

// Digits only, without a leading zero but in "0", and at most `most`; -1 when not.
constexpr long parse_number_up_to(std::string_view text, long most) {
  if (text.empty() || text.size() > 10 || !all_of(text, is_digit) || (text.size() > 1 && text[0] == '0')) return -1;
  long number = 0;
  for (const char c : text) number = number * 10 + (c - '0');
  return number <= most ? number : -1;
}

}  // namespace berth::schemas
