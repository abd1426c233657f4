// SPDX-License-Identifier: Apache-2.0
#include "cli/duration.hpp"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/status.hpp"

namespace berth::cli {
namespace {

using std::chrono::milliseconds;

// Longest first: "ms" is no "m".
constexpr std::array<std::pair<std::string_view, double>, 4> kUnits{
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}}};
constexpr double kLongest = 1e12;  // 31 years, which a clock in nanoseconds can add

base::Status refusal(const std::string& text) {
  return base::bad_request("\"" + text + "\" is no duration such as 30s, 5m or 1h30m");
}

}  // namespace

milliseconds parse_duration(const std::string& text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  if (rest.empty()) throw refusal(text);
  double total = 0;
  bool bare = false;  // a number without a unit stands alone
  bool first = true;
  while (!rest.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || !(number >= 0)) throw refusal(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    double factor = 1'000;
    bare = true;
    for (const auto& [unit, milliseconds_each] : kUnits) {
      if (!rest.starts_with(unit)) continue;
      rest.remove_prefix(unit.size());
      factor = milliseconds_each;
      bare = false;
      break;
    }
    if (bare && !(first && rest.empty())) throw refusal(text);
    first = false;
    total += number * factor;
    if (!(total < kLongest)) throw base::bad_request("\"" + text + "\" is too long: a duration is below 31 years");
  }
  const milliseconds length(static_cast<std::int64_t>(total));
  return negative ? -length : length;
}

milliseconds parse_timeout(const std::string& text) {
  const milliseconds length = parse_duration(text);
  return length.count() <= 0 ? milliseconds(std::chrono::hours(24 * 365)) : length;
}

}  // namespace berth::cli
