// SPDX-License-Identifier: Apache-2.0
// Values to text; declared in base/json.hpp.
#include <algorithm>
#include <array>
#include <bit>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/json.hpp"
#include "base/status.hpp"
#include "base/utf8.hpp"

namespace berth::base {
namespace {

using Member = boost::json::key_value_pair;

constexpr std::size_t kUsualMembers = 32;  // of an object: no more, as a rule

bool stands_for_itself(char c) {
  static constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
    return plain;
  }();
  return kPlain[static_cast<unsigned char>(c)];
}

template <class Word>
Word load(const char* text) {
  Word word = 0;
  std::memcpy(&word, text, sizeof word);
  return word;
}

// The same of eight characters at once, most of a text being such: the high bit of each byte that does not. Only the
// first of these is sure: of bytes below 0x80, x - 1 borrows from the high bit where x is 0, and x - 0x20 where it is
// below 0x20, and both from the byte behind.
std::uint64_t special_bytes(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x80 * kOnes;
  const std::uint64_t quotes = (word ^ '"' * kOnes) - kOnes;
  const std::uint64_t backslashes = (word ^ '\\' * kOnes) - kOnes;
  const std::uint64_t controls = word - 0x20 * kOnes;
  return (word | quotes | backslashes | controls) & kHighs;
}

static_assert(std::endian::native == std::endian::little, "the first byte of a word is its lowest");
std::size_t first_of(std::uint64_t bytes) { return static_cast<std::size_t>(std::countr_zero(bytes)) / 8; }

// Where the text goes on with a byte that does not stand for itself; its size when there is none.
std::size_t plain_run(std::string_view text, std::size_t at) {
  for (; text.size() - at >= 8; at += 8) {
    if (const auto special = special_bytes(load<std::uint64_t>(text.data() + at))) return at + first_of(special);
  }
  // Names of fields are short: four to seven characters are two words of four, which may overlap.
  if (const std::size_t left = text.size() - at; left >= 4) {
    const std::uint64_t front = load<std::uint32_t>(text.data() + at);
    const std::uint64_t back = load<std::uint32_t>(text.data() + text.size() - 4);
    const std::uint64_t special = special_bytes(front | back << 32);
    if (special == 0) return text.size();
    const std::size_t first = first_of(special);
    return first < 4 ? at + first : text.size() - 8 + first;
  }
  while (at < text.size() && stands_for_itself(text[at])) ++at;
  return at;
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\b':
      out.append("\\b");
      return;
    case '\f':
      out.append("\\f");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      break;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  out.append("\\u00");
  out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
  out.push_back(kHex[static_cast<unsigned char>(c) & 15]);
}

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

void append_value(std::string& out, const Json& value);

void append_member(std::string& out, char separator, const Member& member) {
  out.push_back(separator);
  append_quoted(out, member.key());
  out.push_back(':');
  append_value(out, member.value());
}

void append_object(std::string& out, const JsonObject& object) {
  const auto by_key = [](const Member& a, const Member& b) { return a.key() < b.key(); };
  char separator = '{';
  if (std::is_sorted(object.begin(), object.end(), by_key)) {  // as all is that came from the store
    for (const Member& member : object) append_member(out, std::exchange(separator, ','), member);
  } else {
    boost::container::small_vector<const Member*, kUsualMembers> members;
    for (const Member& member : object) members.push_back(&member);
    std::ranges::sort(members, by_key, [](const Member* member) -> const Member& { return *member; });
    for (const Member* member : members) append_member(out, std::exchange(separator, ','), *member);
  }
  out.append(object.empty() ? "{}" : "}");
}

void append_array(std::string& out, const JsonArray& array) {
  char separator = '[';
  for (const Json& element : array) {
    out.push_back(separator);
    separator = ',';
    append_value(out, element);
  }
  out.append(array.empty() ? "[]" : "]");
}

void append_double(std::string& out, double number) {
  if (!std::isfinite(number)) throw internal_error("JSON has no infinities and no NaN");
  const Json narrowed = narrow_number(number);
  if (narrowed.is_double()) {
    append_number(out, number);
  } else {
    append_value(out, narrowed);
  }
}

void append_value(std::string& out, const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      out.append("null");
      return;
    case boost::json::kind::bool_:
      out.append(value.get_bool() ? "true" : "false");
      return;
    case boost::json::kind::int64:
      append_number(out, value.get_int64());
      return;
    case boost::json::kind::uint64:
      append_number(out, value.get_uint64());
      return;
    case boost::json::kind::double_:
      append_double(out, value.get_double());
      return;
    case boost::json::kind::string:
      append_quoted(out, value.get_string());
      return;
    case boost::json::kind::array:
      append_array(out, value.get_array());
      return;
    case boost::json::kind::object:
      append_object(out, value.get_object());
      return;
  }
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t plain = 0;  // start of the run that needs no change
  std::size_t at = 0;
  for (;;) {
    at = plain_run(text, at);
    if (at == text.size()) break;
    const bool ascii = static_cast<unsigned char>(text[at]) < 0x80;
    const std::size_t length = ascii ? 1 : utf8_length(text.substr(at));
    if (length > 1) {
      at += length;
      continue;
    }
    out.append(text.data() + plain, at - plain);
    if (length == 0) {
      out.append("\xEF\xBF\xBD");
    } else {
      append_escape(out, text[at]);
    }
    plain = ++at;
  }
  out.append(text.data() + plain, text.size() - plain);
  out.push_back('"');
}

void append_canonical(std::string& out, const Json& value) { append_value(out, value); }

std::string to_canonical(const Json& value) {
  std::string out;
  append_value(out, value);
  return out;
}

}  // namespace berth::base
