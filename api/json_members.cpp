// SPDX-License-Identifier: Apache-2.0
#include "api/json_members.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/status.hpp"

namespace berth::api {
namespace {

[[noreturn]] void refuse() { throw base::internal_error("stored bytes are no canonical object"); }

constexpr std::uint64_t kEach = 0x0101010101010101;

// A bit in each byte of `word` that is `c`, and perhaps in bytes above the first that is.
std::uint64_t bytes_equal(std::uint64_t word, char c) {
  const std::uint64_t difference = word ^ (kEach * static_cast<unsigned char>(c));
  return (difference - kEach) & ~difference & (kEach << 7);
}

// The next quote or backslash from `at` on, eight bytes at a time: most of the text is names.
std::size_t find_quote_or_escape(std::string_view text, std::size_t at) {
  if constexpr (std::endian::native == std::endian::little) {
    for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
      std::memcpy(&word, text.data() + at, sizeof word);
      const std::uint64_t found = bytes_equal(word, '"') | bytes_equal(word, '\\');
      if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
  }
  while (at < text.size() && text[at] != '"' && text[at] != '\\') ++at;
  return at;
}

// The end of the string that begins at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  at = find_quote_or_escape(text, at + 1);
  while (at < text.size() && text[at] == '\\') at = find_quote_or_escape(text, at + 2);
  if (at >= text.size()) refuse();
  return at + 1;
}

// The end of the value that begins at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
    } else {
      if (c == '}' || c == ']' || c == ',') {
        if (depth == 0) return at;
        if (c != ',') --depth;
      } else if (c == '{' || c == '[') {
        ++depth;
      }
      ++at;
    }
  }
  refuse();
}

}  // namespace

JsonMembers::JsonMembers(std::string_view object) : text_(object) {
  if (object.size() < 2 || object.front() != '{') refuse();
}

bool JsonMembers::next() {
  if (value_ != 0) {
    value();
    at_ = end_;
  } else if (text_[1] == '}') {
    at_ = 1;
  }
  if (text_[at_] == '}') return false;
  if (text_[at_] != (value_ == 0 ? '{' : ',') || at_ + 1 >= text_.size() || text_[at_ + 1] != '"') refuse();
  const std::size_t colon = end_of_string(text_, at_ + 1);
  if (colon + 1 >= text_.size()) refuse();
  key_ = text_.substr(at_ + 2, colon - at_ - 3);
  value_ = colon + 1;
  end_ = 0;
  return true;
}

std::string_view JsonMembers::value() {
  if (end_ == 0) end_ = end_of_value(text_, value_);
  return text_.substr(value_, end_ - value_);
}

void JsonMembers::leave(const JsonMembers& inside) {
  end_ = value_ + inside.at_ + 1;
  if (text_[end_ - 1] != '}' || end_ >= text_.size()) refuse();
}

}  // namespace berth::api
