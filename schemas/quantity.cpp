// SPDX-License-Identifier: Apache-2.0
#include "schemas/quantity.hpp"

#include <limits>

namespace berth::schemas {

namespace {

__extension__ using Wide = unsigned __int128;
constexpr Wide kMost = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// digits * 10^power10 * 2^power2, without loss.
struct Number {
  Wide digits = 0;
  int power10 = 0;
  int power2 = 0;
};

// "12.50" off the front of `text`. Nothing without a digit, or with more digits than any quantity needs.
std::optional<Number> take_decimal(std::string_view& text) {
  Number number;
  bool any = false;
  bool fraction = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (!is_digit(text[at])) break;
    any = true;
    if (number.digits > (~Wide{0} - 9) / 10 || at > 36) return std::nullopt;
    number.digits = number.digits * 10 + static_cast<unsigned>(text[at] - '0');
    if (fraction) --number.power10;
  }
  if (!any) return std::nullopt;
  text.remove_prefix(at);
  return number;
}

// "e3", "E-2" after the digits.
bool take_exponent(std::string_view text, Number& number) {
  text.remove_prefix(1);
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || text.size() > 3) return false;
  int exponent = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    exponent = exponent * 10 + (c - '0');
  }
  number.power10 += negative ? -exponent : exponent;
  return true;
}

bool take_suffix(std::string_view text, Number& number) {
  struct Suffix {
    std::string_view name;
    int power10;
    int power2;
  };
  static constexpr Suffix kSuffixes[] = {{"", 0, 0},    {"n", -9, 0},  {"u", -6, 0},  {"m", -3, 0},
                                         {"k", 3, 0},   {"M", 6, 0},   {"G", 9, 0},   {"T", 12, 0},
                                         {"P", 15, 0},  {"E", 18, 0},  {"Ki", 0, 10}, {"Mi", 0, 20},
                                         {"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50}, {"Ei", 0, 60}};
  for (const Suffix& suffix : kSuffixes) {
    if (text != suffix.name) continue;
    number.power10 += suffix.power10;
    number.power2 = suffix.power2;
    return true;
  }
  return !text.empty() && (text[0] == 'e' || text[0] == 'E') && take_exponent(text, number);
}

// The number as an integer; nothing when it is none, or above int64.
std::optional<std::int64_t> to_integer(Number number) {
  if (number.digits == 0) return 0;
  while (number.power10 < 0 && number.digits % 10 == 0) {
    number.digits /= 10;
    ++number.power10;
  }
  for (; number.power2 > 0; --number.power2) {
    if (number.digits > ~Wide{0} / 2) return std::nullopt;
    number.digits *= 2;
  }
  for (; number.power10 < 0; ++number.power10) {
    if (number.digits % 10 != 0) return std::nullopt;
    number.digits /= 10;
  }
  for (; number.power10 > 0; --number.power10) {
    if (number.digits > kMost) return std::nullopt;
    number.digits *= 10;
  }
  if (number.digits > kMost) return std::nullopt;
  return static_cast<std::int64_t>(number.digits);
}

std::optional<Number> parse_number(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  std::optional<Number> number = take_decimal(text);
  if (!number || !take_suffix(text, *number)) return std::nullopt;
  return number;
}

// The unit off the front of `text`, in nanoseconds; 0 when it is none.
std::int64_t take_unit(std::string_view& text) {
  struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
  };
  static constexpr Unit kUnits[] = {
      {"ns", 1},         {"us", 1'000},        {"\xc2\xb5s", 1'000},  {"\xce\xbcs", 1'000},
      {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.nanoseconds;
  }
  return 0;
}

}  // namespace

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  const std::optional<Number> number = parse_number(text);
  return number ? to_integer(*number) : std::nullopt;
}

std::optional<std::int64_t> parse_nano_cpus(std::string_view text) {
  std::optional<Number> number = parse_number(text);
  if (!number || number->digits == 0) return std::nullopt;
  number->power10 += 9;
  return to_integer(*number);
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return std::nullopt;
  Wide total = 0;
  while (!text.empty()) {
    std::optional<Number> number = take_decimal(text);
    if (!number) return std::nullopt;
    const std::int64_t unit = take_unit(text);
    if (unit == 0 || number->digits > kMost) return std::nullopt;
    // What is finer than a nanosecond is cut off, as Go does.
    Wide part = number->digits * static_cast<Wide>(unit);
    for (; number->power10 < 0; ++number->power10) part /= 10;
    total += part;
    if (total > kMost) return std::nullopt;
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(total));
}

}  // namespace berth::schemas
