// SPDX-License-Identifier: Apache-2.0
#include "base/yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace berth::base {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class... Choices>
bool is_one_of(std::string_view text, Choices... choices) {
  return ((text == choices) || ...);
}

// Removes the digits in front, and tells how many they were.
std::size_t take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count;
}

std::optional<Json> integer(std::string_view sign, std::string_view digits, int radix) {
  std::uint64_t magnitude = 0;
  const char* const begin = digits.data();
  const char* const end = begin + digits.size();
  const auto result = std::from_chars(begin, end, magnitude, radix);
  if (digits.empty() || result.ptr != end || result.ec != std::errc()) return std::nullopt;
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (sign != "-") {
    if (magnitude <= kMost) return static_cast<std::int64_t>(magnitude);
    return magnitude;
  }
  if (magnitude <= kMost + 1) return static_cast<std::int64_t>(0 - magnitude);
  return std::nullopt;
}

// [-+]? ( . [0-9]+ | [0-9]+ ( . [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_decimal(std::string_view text) {
  const std::size_t whole = take_digits(text);
  std::size_t fraction = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  if (whole + fraction == 0) return false;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return take_digits(text) > 0 && text.empty();
}

std::optional<Json> number(std::string_view text) {
  const std::size_t sign_length = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const std::string_view sign = text.substr(0, sign_length);
  text.remove_prefix(sign_length);
  if (text.starts_with("0o")) return integer(sign, text.substr(2), 8);
  if (text.starts_with("0x")) return integer(sign, text.substr(2), 16);
  if (is_one_of(text, ".inf", ".Inf", ".INF")) {
    const double infinity = std::numeric_limits<double>::infinity();
    return sign == "-" ? -infinity : infinity;
  }
  if (!is_decimal(text)) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') {
    if (auto octal = integer(sign, text, 8)) return octal;
  }
  if (auto decimal = integer(sign, text, 10)) return decimal;
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc::result_out_of_range) return std::nullopt;
  return narrow_number(sign == "-" ? -value : value);
}

// 190:20:30, as YAML 1.1 writes 685230.
bool is_base_60(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (take_digits(text) == 0 || !text.starts_with(':')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == ':' || c == '.'; });
}

bool is_date(std::string_view text) {
  if (take_digits(text) != 4 || !text.starts_with('-')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || std::string_view("-:.+TtZz ").find(c) != std::string_view::npos;
  });
}

}  // namespace

std::optional<Json> core_schema_value(std::string_view text) {
  if (is_one_of(text, "", "~", "null", "Null", "NULL")) return Json(nullptr);
  if (is_one_of(text, "true", "True", "TRUE")) return Json(true);
  if (is_one_of(text, "false", "False", "FALSE")) return Json(false);
  if (is_one_of(text, ".nan", ".NaN", ".NAN")) return Json(std::numeric_limits<double>::quiet_NaN());
  return number(text);
}

bool is_ambiguous_plain(std::string_view text) {
  if (core_schema_value(text)) return true;
  if (is_one_of(text, "y", "Y", "yes", "Yes", "YES", "on", "On", "ON")) return true;
  if (is_one_of(text, "n", "N", "no", "No", "NO", "off", "Off", "OFF")) return true;
  if (is_one_of(text, "<<", "=")) return true;
  if (is_base_60(text) || is_date(text)) return true;
  std::string bare(text);  // YAML 1.1 allows underscores between digits
  std::erase(bare, '_');
  if (bare.size() != text.size() && core_schema_value(bare)) return true;
  const std::size_t sign_length = bare.starts_with('-') || bare.starts_with('+') ? 1 : 0;
  return bare.compare(sign_length, 2, "0b") == 0 || bare.compare(sign_length, 2, "0B") == 0 ||
         bare.compare(sign_length, 2, "0X") == 0 || bare.compare(sign_length, 2, "0O") == 0;
}

}  // namespace berth::base
