// SPDX-License-Identifier: Apache-2.0
#pragma once
// Single values as compose reads and shows them. Parsers give nothing for what is none.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace berth::compose {

std::string to_lower(std::string_view text);

// A scalar as it is written into a label or a variable: 1.5, true; null is "".
std::string scalar_text(const base::Json& value);

// true, yes, y, on and their opposites, in any case.
std::optional<bool> read_bool(std::string_view text);
std::optional<std::int64_t> read_integer(std::string_view text);
std::optional<double> read_real(std::string_view text);

// -1, 512, 1g, 1.5 GiB, 64kb: powers of 1024.
std::optional<std::int64_t> read_bytes(std::string_view text);

// 1h5m30s, 1.5s, 2d, 1w, 100us; 0 needs no unit.
std::optional<std::chrono::nanoseconds> read_duration(std::string_view text);
// 1h5m30s, 1.5s, 100µs, 0s.
std::string duration_text(std::chrono::nanoseconds duration);

// A command line in its words: quotes, backslashes; no shell. Unquoted ; & | < > end it.
struct Words {
  std::vector<std::string> words;
  std::string_view rest;  // what came after such an end, with it
};
std::optional<Words> split_words(std::string_view line);

}  // namespace berth::compose
