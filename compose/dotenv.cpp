// SPDX-License-Identifier: Apache-2.0
#include "compose/dotenv.hpp"

#include <algorithm>
#include <cctype>

#include "base/status.hpp"

namespace berth::compose {

namespace {

constexpr std::size_t kMaxBytes = 8 * 1024 * 1024;
constexpr std::string_view kBlank = " \t\v\f\r";
constexpr std::string_view kBlankOrLine = " \t\v\f\r\n";

std::string_view trim_end(std::string_view text) { return text.substr(0, text.find_last_not_of(kBlankOrLine) + 1); }

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || (static_cast<unsigned char>(c) & 0x80) != 0 ||
         std::string_view("_.-[] \t\v\f\r").find(c) != std::string_view::npos;
}

class Reader {
 public:
  Reader(std::string_view text, const Lookup& lookup, Environment& into)
      : whole_(text), text_(text), lookup_(lookup), into_(into) {}

  void read() {
    while (skip_to_statement()) read_statement();
  }

 private:
  bool skip_to_statement() {
    for (;;) {
      const std::size_t start = text_.find_first_not_of(kBlankOrLine);
      if (start == std::string_view::npos) return false;
      text_.remove_prefix(start);
      if (!text_.starts_with('#')) return true;
      text_.remove_prefix(std::min(text_.find('\n'), text_.size()));
    }
  }

  void skip_blank() { text_.remove_prefix(std::min(text_.find_first_not_of(kBlank), text_.size())); }

  void read_statement() {
    if (text_.starts_with("export") && text_.size() > 6 && kBlankOrLine.find(text_[6]) != std::string_view::npos) {
      text_.remove_prefix(6);
      skip_blank();
    }
    std::size_t end = 0;
    while (end < text_.size() && is_name_character(text_[end])) ++end;
    const bool inherited = end == text_.size() || text_[end] == '\n';
    if (!inherited && text_[end] != '=' && text_[end] != ':') {
      fail("unexpected character '" + std::string(1, text_[end]) + "' in a variable name");
    }
    const std::string name(trim_end(text_.substr(0, end)));
    if (name.find(' ') != std::string::npos) fail("a variable name has no spaces: \"" + name + "\"");
    text_.remove_prefix(std::min(end + 1, text_.size()));
    if (inherited) {
      if (auto value = lookup_.value(name)) into_[name] = std::move(*value);
      return;
    }
    skip_blank();
    std::string value = read_value();
    bytes_ += name.size() + value.size();
    if (bytes_ > kMaxBytes) fail("the variables of a file take more than 8 MiB");
    into_[name] = std::move(value);
  }

  std::string read_value() {
    if (text_.starts_with('\'') || text_.starts_with('"')) return read_quoted(text_[0]);
    const std::size_t end = std::min(text_.find('\n'), text_.size());
    std::string_view value = text_.substr(0, end);
    text_.remove_prefix(std::min(end + 1, text_.size()));
    value = trim_end(value.substr(0, value.find(" #")));
    return expand(value);
  }

  std::string read_quoted(char quote) {
    std::string value;
    for (std::size_t i = 1; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == quote) {
        text_.remove_prefix(i + 1);
        return quote == '"' ? expand(unescape(value)) : value;
      }
      if (c == '\\' && i + 1 < text_.size()) {
        ++i;
        if (text_[i] != quote) value += '\\';
        value += text_[i];
      } else {
        value += c;
      }
    }
    fail("a quote is not closed");
  }

  // \$ stays out of the template that is expanded next, as $$.
  static std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 == text.size()) {
        out += text[i];
        continue;
      }
      constexpr std::string_view kLetters = "abfnrtv\\\"";
      constexpr std::string_view kMeaning = "\a\b\f\n\r\t\v\\\"";
      const char c = text[i + 1];
      const std::size_t letter = kLetters.find(c);
      if (c == '$') {
        out += "$$";
        ++i;
      } else if (letter != std::string_view::npos) {
        out += kMeaning[letter];
        ++i;
      } else if (c == '0' && take_octal(text, i, out)) {
        continue;
      } else {
        out += '\\';
      }
    }
    return out;
  }

  // \0123: three octal digits after the zero. `at` is moved to the last character used.
  static bool take_octal(std::string_view text, std::size_t& at, std::string& out) {
    const std::string_view digits = text.substr(at + 2, 3);
    const auto octal = [](char c) { return c >= '0' && c <= '7'; };
    if (digits.size() < 3 || !std::all_of(digits.begin(), digits.end(), octal)) return false;
    const int code = (digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0');
    if (code > 255) return false;
    if (code >= 0x80) out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(code < 0x80 ? code : 0x80 | (code & 0x3F));
    at += 4;
    return true;
  }

  std::string expand(std::string_view value) const {
    const auto find = [this](std::string_view name) -> std::optional<std::string> {
      if (auto found = lookup_.value(name)) return found;
      const auto own = into_.find(name);
      if (own == into_.end()) return std::nullopt;
      return own->second;
    };
    return substitute(value, {find, lookup_.unset});
  }

  [[noreturn]] void fail(const std::string& why) const {
    const auto used = whole_.substr(0, whole_.size() - text_.size());
    throw base::bad_request("line " + std::to_string(1 + std::count(used.begin(), used.end(), '\n')) + ": " + why);
  }

  std::string_view whole_;
  std::string_view text_;
  const Lookup& lookup_;
  Environment& into_;
  std::size_t bytes_ = 0;
};

}  // namespace

void read_env_file(std::string_view text, const Lookup& lookup, Environment& into) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Reader(text, lookup, into).read();
}

void read_raw_env_file(std::string_view text, const Lookup& lookup, Environment& into) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t equals = line.find('=');
    const std::string name(line.substr(0, equals));
    if (name.empty() || name.find_first_of(" \t") != std::string::npos) {
      throw base::bad_request("\"" + name + "\" is no name of a variable");
    }
    if (equals != std::string_view::npos) {
      into[name] = line.substr(equals + 1);
    } else if (auto value = lookup.value(name)) {
      into[name] = std::move(*value);
    }
  }
}

}  // namespace berth::compose
