// SPDX-License-Identifier: Apache-2.0
#include "compose/template.hpp"

#include <algorithm>
#include <cctype>

#include "base/status.hpp"

namespace berth::compose {

namespace {

constexpr int kMaxNesting = 32;
constexpr std::size_t kMaxBytes = 4 * 1024 * 1024;  // of one value with its variables: $A$A in turn doubles

bool starts_name(char c) { return c == '_' || std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool continues_name(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; }

std::size_t name_length(std::string_view text) {
  if (text.empty() || !starts_name(text[0])) return 0;
  std::size_t length = 1;
  while (length < text.size() && continues_name(text[length])) ++length;
  return length;
}

class Substitution {
 public:
  Substitution(std::string_view whole, const Lookup& lookup) : whole_(whole), lookup_(lookup) {}

  std::string expand(std::string_view text, int nesting) const {
    if (nesting > kMaxNesting) throw base::bad_request("variables nested deeper than " + std::to_string(kMaxNesting));
    std::string out;
    while (!text.empty()) {
      const std::size_t dollar = std::min(text.find('$'), text.size());
      out += text.substr(0, dollar);
      text.remove_prefix(dollar);
      if (!text.empty()) text.remove_prefix(expand_one(text, out, nesting));
      if (out.size() > kMaxBytes) throw base::bad_request("variables make this larger than 4 MiB");
    }
    return out;
  }

 private:
  // Text begins with a dollar; returns how much of it was used.
  std::size_t expand_one(std::string_view text, std::string& out, int nesting) const {
    if (text.starts_with("$$")) {
      out += '$';
      return 2;
    }
    if (text.starts_with("${")) return expand_braced(text, out, nesting);
    const std::size_t length = name_length(text.substr(1));
    if (length == 0) {
      out += '$';
      return 1;
    }
    out += plain(text.substr(1, length));
    return 1 + length;
  }

  std::size_t expand_braced(std::string_view text, std::string& out, int nesting) const {
    const std::size_t length = name_length(text.substr(2));
    if (length == 0) fail();
    const std::string_view name = text.substr(2, length);
    const std::size_t end = closing_brace(text);
    std::string_view rest = text.substr(2 + length, end - 2 - length);
    if (rest.empty()) {
      out += plain(name);
      return end + 1;
    }
    const bool when_empty = rest.starts_with(':');
    if (when_empty) rest.remove_prefix(1);
    if (rest.empty()) fail();
    const char operation = rest[0];
    rest.remove_prefix(1);
    const std::optional<std::string> value = lookup_.value(name);
    const bool present = value && !(when_empty && value->empty());
    switch (operation) {
      case '-':
        out += present ? *value : expand(rest, nesting + 1);
        break;
      case '+':
        out += present ? expand(rest, nesting + 1) : value.value_or("");
        break;
      case '?':
        if (!present) fail_required(name, expand(rest, nesting + 1));
        out += *value;
        break;
      default:
        fail();
    }
    return end + 1;
  }

  // The brace that ends a "${...": braces inside are counted, with or without a dollar.
  std::size_t closing_brace(std::string_view text) const {
    int open = 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '\n') break;
      if (text[i] == '{') ++open;
      if (text[i] == '}' && --open == 0) return i;
    }
    fail();
  }

  std::string plain(std::string_view name) const {
    std::optional<std::string> value = lookup_.value(name);
    if (!value && lookup_.unset) lookup_.unset(name);
    return value ? std::move(*value) : std::string();
  }

  [[noreturn]] void fail() const {
    throw base::bad_request(
        "invalid variable in \"" + std::string(whole_) +
        "\": write ${NAME}, ${NAME:-default}, ${NAME:?error} or ${NAME:+other}, and $$ for a dollar");
  }

  [[noreturn]] static void fail_required(std::string_view name, const std::string& why) {
    std::string message = "required variable " + std::string(name) + " is missing a value";
    if (!why.empty()) message += ": " + why;
    throw base::bad_request(message);
  }

  std::string_view whole_;
  const Lookup& lookup_;
};

}  // namespace

std::string substitute(std::string_view text, const Lookup& lookup) {
  return Substitution(text, lookup).expand(text, 0);
}

}  // namespace berth::compose
