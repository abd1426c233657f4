// SPDX-License-Identifier: Apache-2.0
#include "compose/scalars.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

namespace berth::compose {

namespace {

constexpr std::int64_t kMost = INT64_MAX;

// Shortest digits that read back; an exponent below 1e-4 and from 1e6 on, as Go prints it.
std::string real_text(double value) {
  std::array<char, 64> buffer{};
  const double size = std::fabs(value);
  const auto format =
      size != 0 && (size < 1e-4 || size >= 1e6) ? std::chars_format::scientific : std::chars_format::fixed;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
  return {buffer.data(), end.ptr};
}

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr Unit kUnits[] = {{"ns", 1},
                           {"us", 1'000},
                           {"µs", 1'000},
                           {"μs", 1'000},
                           {"ms", 1'000'000},
                           {"s", 1'000'000'000},
                           {"m", 60'000'000'000},
                           {"h", 3'600'000'000'000},
                           {"d", 86'400'000'000'000},
                           {"w", 604'800'000'000'000}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "1.5h", taken from the front.
std::optional<std::int64_t> take_span(std::string_view& text) {
  const auto number_end = std::find_if_not(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
  const std::string_view number = text.substr(0, static_cast<std::size_t>(number_end - text.begin()));
  text.remove_prefix(number.size());
  const auto unit_end = std::find_if(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
  const std::string_view unit = text.substr(0, static_cast<std::size_t>(unit_end - text.begin()));
  text.remove_prefix(unit.size());

  const auto* const found =
      std::find_if(std::begin(kUnits), std::end(kUnits), [&](const Unit& u) { return u.name == unit; });
  const std::size_t dot = number.find('.');
  if (found == std::end(kUnits) || number.empty() || number == "." ||
      number.find('.', dot == number.npos ? dot : dot + 1) != number.npos) {
    return std::nullopt;
  }
  const std::string_view whole = number.substr(0, dot);
  const std::string_view fraction = dot == number.npos ? std::string_view() : number.substr(dot + 1);
  std::int64_t value = 0;
  if (!whole.empty() && std::from_chars(whole.data(), whole.data() + whole.size(), value).ec != std::errc())
    return std::nullopt;
  if (value > kMost / found->nanoseconds) return std::nullopt;
  value *= found->nanoseconds;
  const double part = fraction.empty() ? 0 : read_real("0." + std::string(fraction)).value_or(0);
  const auto rest = static_cast<std::int64_t>(part * static_cast<double>(found->nanoseconds) + 1e-9);
  if (value > kMost - rest) return std::nullopt;
  return value + rest;
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

std::string scalar_text(const base::Json& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (value.is_int64()) return std::to_string(value.get_int64());
  if (value.is_uint64()) return std::to_string(value.get_uint64());
  if (value.is_double()) return real_text(value.get_double());
  return "";
}

std::optional<bool> read_bool(std::string_view text) {
  const std::string lower = to_lower(text);
  if (lower == "true" || lower == "y" || lower == "yes" || lower == "on") return true;
  if (lower == "false" || lower == "n" || lower == "no" || lower == "off") return false;
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(text.size() > 1 && is_digit(text[1]) ? 1 : 0);
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> read_real(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> read_bytes(std::string_view text) {
  if (const auto plain = read_integer(text)) return plain;
  const std::size_t last = text.find_last_of("0123456789. ");
  if (last == std::string_view::npos) return std::nullopt;
  const std::string suffix = to_lower(text.substr(last + 1));
  const auto number = read_real(text.substr(0, text[last] == ' ' ? last : last + 1));
  if (!number || *number < 0) return std::nullopt;
  double factor = 1;
  if (!suffix.empty() && suffix != "b") {
    const std::size_t power = std::string_view("kmgtp").find(suffix[0]);
    const std::string_view tail = std::string_view(suffix).substr(1);
    if (power == std::string_view::npos || !(tail.empty() || tail == "b" || tail == "ib")) return std::nullopt;
    factor = std::pow(1024.0, static_cast<double>(power + 1));
  }
  const double size = *number * factor;
  if (size >= 9.2e18) return std::nullopt;
  return static_cast<std::int64_t>(size);
}

std::optional<std::chrono::nanoseconds> read_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    const auto span = take_span(text);
    if (!span || total > kMost - *span) return std::nullopt;
    total += *span;
  }
  return std::chrono::nanoseconds(negative ? -total : total);
}

std::string duration_text(std::chrono::nanoseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  if (count < 0) return "-" + duration_text(-duration);
  const auto decimal = [](std::int64_t value, std::int64_t unit) {
    std::string text = std::to_string(value / unit);
    if (value % unit == 0) return text;
    std::string fraction = std::to_string(unit + value % unit).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return text + "." + fraction;
  };
  if (count < 1'000) return std::to_string(count) + "ns";
  if (count < 1'000'000) return decimal(count, 1'000) + "µs";
  if (count < 1'000'000'000) return decimal(count, 1'000'000) + "ms";
  const std::int64_t minutes = count / 60'000'000'000;
  std::string text = decimal(count % 60'000'000'000, 1'000'000'000) + "s";
  if (minutes == 0) return text;
  text = std::to_string(minutes % 60) + "m" + text;
  return minutes < 60 ? text : std::to_string(minutes / 60) + "h" + text;
}

}  // namespace berth::compose
