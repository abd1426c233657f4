// SPDX-License-Identifier: Apache-2.0
// Times as text; declared in base/clock.hpp.
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"

namespace berth::base {
namespace {

using std::chrono::floor;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::sys_days;

// With room for what follows the seconds.
std::string format_to_the_second(WallTime time) {
  // What a write stamps, it stamps more than once.
  static thread_local WallTime last_second = WallTime::max();
  static thread_local std::string last_text;
  const WallTime second = floor<seconds>(time);
  const auto with_room = [] {
    constexpr std::size_t kRoom = sizeof ".000000Z";
    std::string text;
    text.reserve(last_text.size() + kRoom);
    text.append(last_text);
    return text;
  };
  if (second == last_second) return with_room();
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto of_day = floor<seconds>(time - day).count();
  last_text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), of_day / 3600,
                          of_day / 60 % 60, of_day % 60);
  last_second = second;
  return with_room();
}

// Reads fixed-width decimal fields and literals from the front; once something does not fit, all later reads fail.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : text_(text) {}

  int number(std::size_t width, int least, int most) {
    if (text_.size() < width || !std::all_of(text_.begin(), text_.begin() + width, is_digit)) return fail();
    int value = 0;
    for (const char digit : text_.substr(0, width)) value = value * 10 + (digit - '0');
    text_.remove_prefix(width);
    return value < least || value > most ? fail() : value;
  }

  void literal(char c) {
    if (text_.empty() || text_.front() != c) {
      fail();
    } else {
      text_.remove_prefix(1);
    }
  }

  // ".5", ".000000001", or nothing. Digits past the nanosecond are dropped.
  nanoseconds fraction() {
    if (text_.empty() || text_.front() != '.') return nanoseconds(0);
    text_.remove_prefix(1);
    const auto end = std::find_if_not(text_.begin(), text_.end(), is_digit);
    std::string digits(text_.begin(), end);
    if (digits.empty()) fail();
    text_.remove_prefix(digits.size());
    digits.resize(9, '0');
    return nanoseconds(std::stol(digits));
  }

  // "Z", "+02:00", "-07:30".
  minutes offset() {
    if (text_ == "Z") {
      text_ = {};
      return minutes(0);
    }
    const bool west = text_.starts_with('-');
    literal(west ? '-' : '+');
    const int hour = number(2, 0, 23);
    literal(':');
    const minutes east = hours(hour) + minutes(number(2, 0, 59));
    return west ? -east : east;
  }

  bool complete() const { return !failed_ && text_.empty(); }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  int fail() {
    failed_ = true;
    text_ = {};
    return 0;
  }

  std::string_view text_;
  bool failed_ = false;
};

}  // namespace

std::string format_time(WallTime time) {
  std::string text = format_to_the_second(time);
  text.push_back('Z');
  return text;
}

std::string format_micro_time(WallTime time) {
  const auto fraction = floor<microseconds>(time - floor<seconds>(time));
  std::string text = format_to_the_second(time);
  text.append(".000000Z");
  auto left = fraction.count();
  for (auto digit = text.rbegin() + 1; left > 0; ++digit, left /= 10) *digit = static_cast<char>('0' + left % 10);
  return text;
}

std::optional<WallTime> parse_time(std::string_view text) {
  FieldReader reader(text);
  // WallTime counts nanoseconds in 64 bits: 1677 to 2262.
  const int year = reader.number(4, 1678, 2261);
  reader.literal('-');
  const int month = reader.number(2, 1, 12);
  reader.literal('-');
  const int day = reader.number(2, 1, 31);
  reader.literal('T');
  const int hour = reader.number(2, 0, 23);
  reader.literal(':');
  const int minute = reader.number(2, 0, 59);
  reader.literal(':');
  const int second = reader.number(2, 0, 59);
  const nanoseconds fraction = reader.fraction();
  const minutes offset = reader.offset();
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!reader.complete() || !date.ok()) return std::nullopt;
  return WallTime(sys_days(date)) + hours(hour) + minutes(minute) + seconds(second) + fraction - offset;
}

// https://pkg.go.dev/k8s.io/apimachinery/pkg/util/duration#HumanDuration
std::string format_age(std::chrono::seconds age) {
  const auto two = [](long long big, const char* unit, long long small, const char* small_unit) {
    return small == 0 ? fmt::format("{}{}", big, unit) : fmt::format("{}{}{}{}", big, unit, small, small_unit);
  };
  const long long s = age.count();
  const long long m = s / 60;
  const long long h = m / 60;
  const long long d = h / 24;
  constexpr long long kYear = 365;
  if (s < -1) return "<invalid>";
  if (s < 0) return "0s";
  if (s < 120) return fmt::format("{}s", s);
  if (m < 10) return two(m, "m", s % 60, "s");
  if (m < 180) return fmt::format("{}m", m);
  if (h < 8) return two(h, "h", m % 60, "m");
  if (h < 48) return fmt::format("{}h", h);
  if (d < 8) return two(d, "d", h % 24, "h");
  if (d < kYear * 2) return fmt::format("{}d", d);
  if (d < kYear * 8) return two(d / kYear, "y", d % kYear, "d");
  return fmt::format("{}y", d / kYear);
}

}  // namespace berth::base
