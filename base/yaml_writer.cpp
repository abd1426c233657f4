// SPDX-License-Identifier: Apache-2.0
// Values to text; declared in base/yaml.hpp. The layout is that of sigs.k8s.io/yaml: lists stand at their key's
// indent.
#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.hpp"
#include "base/yaml.hpp"
#include "base/yaml_scalar.hpp"

namespace berth::base {
namespace {

constexpr std::size_t kStep = 2;
// A longer key needs the "? key" form: readers look only 1,024 characters ahead for the colon.
constexpr std::size_t kLongestSimpleKey = 128;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// The character that `text` begins with; U+FFFD where it is no UTF-8.
unsigned decode(std::string_view text, std::size_t length) {
  const auto byte = [text](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };
  if (length == 0) return 0xFFFD;
  if (length == 1) return byte(0);
  unsigned code = byte(0) & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3FU);
  return code;
}

// What YAML 1.1 and 1.2 both take as it is, inside a line.
bool is_printable(unsigned code) {
  if (code < 0x80) return code >= 0x20 && code != 0x7F;
  return code >= 0xA0 && code != 0x2028 && code != 0x2029 && code != 0xFEFF && code != 0xFFFE && code != 0xFFFF;
}

bool is_printable_but_for(std::string_view text, std::string_view others) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) return false;
    if (!is_printable(decode(text.substr(at), length)) && others.find(text[at]) == std::string_view::npos) return false;
    at += length;
  }
  return true;
}

bool may_be_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (contains(text, ": ") || contains(text, " #")) return false;
  if (text.starts_with("---") || text.starts_with("...")) return false;
  const char first = text.front();
  if (contains(",[]{}#&*!|>'\"%@`", std::string_view(&first, 1))) return false;
  if (contains("-?:", std::string_view(&first, 1)) && (text.size() == 1 || text[1] == ' ')) return false;
  return is_printable_but_for(text, "") && !is_ambiguous_plain(text);
}

// Only what every reader takes back unchanged without an indentation indicator.
bool may_be_literal(std::string_view text) {
  if (!contains(text, "\n") || text.front() == '\n' || text.front() == ' ' || text.front() == '\t') return false;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    if (!line.empty() && line.find_first_not_of(" \t") == std::string_view::npos) return false;
    at += line.size() + 1;
  }
  return is_printable_but_for(text, "\n\t");
}

void append_double_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text.substr(at));
    const unsigned code = decode(text.substr(at), length);
    if (code == '"' || code == '\\') {
      out.append({'\\', static_cast<char>(code)});
    } else if (code == '\n') {
      out.append("\\n");
    } else if (code == '\t') {
      out.append("\\t");
    } else if (code == '\r') {
      out.append("\\r");
    } else if (length == 0 || !is_printable(code)) {
      out.append(fmt::format("\\u{:04x}", code));
    } else {
      out.append(text, at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  out.push_back('"');
}

// One line: plain, 'quoted' or "quoted".
void append_line_string(std::string& out, std::string_view text) {
  if (may_be_plain(text)) {
    out.append(text);
    return;
  }
  if (is_ambiguous_plain(text) || !is_printable_but_for(text, "")) {
    append_double_quoted(out, text);
    return;
  }
  out.push_back('\'');
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  out.push_back('\'');
}

void append_literal(std::string& out, std::string_view text, std::size_t indent) {
  const bool ends_line = text.ends_with('\n');
  out.append(!ends_line ? "|-" : text.ends_with("\n\n") ? "|+" : "|");
  if (ends_line) text.remove_suffix(1);
  for (std::size_t at = 0; at <= text.size();) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    out.push_back('\n');
    if (!line.empty()) out.append(indent, ' ').append(line);
    at += line.size() + 1;
  }
}

void append_string(std::string& out, std::string_view text, std::size_t indent) {
  if (may_be_literal(text)) {
    append_literal(out, text, indent);
  } else {
    append_line_string(out, text);
  }
}

void append_map(std::string& out, const JsonObject& object, std::size_t indent);
void append_list(std::string& out, const JsonArray& array, std::size_t indent);

bool is_block(const Json& value) {
  if (const auto* object = value.if_object()) return !object->empty();
  if (const auto* array = value.if_array()) return !array->empty();
  return false;
}

// A value that begins on the line at hand, with its line's end; the lines after the first stand at `indent`.
void append_here(std::string& out, const Json& value, std::size_t indent) {
  if (is_block(value)) {
    if (value.is_object()) return append_map(out, value.get_object(), indent);
    return append_list(out, value.get_array(), indent);
  }
  if (const auto* text = value.if_string()) {
    append_string(out, *text, std::max(indent, kStep));
  } else {
    out.append(to_canonical(value));
  }
  out.push_back('\n');
}

void append_member(std::string& out, const JsonObject::value_type& member, std::size_t indent) {
  std::string key;
  append_line_string(key, member.key());
  if (key.size() > kLongestSimpleKey) {
    out.append("? ").append(key).append("\n").append(indent, ' ').append(": ");
    append_here(out, member.value(), indent + kStep);
    return;
  }
  out.append(key).push_back(':');
  if (!is_block(member.value())) {
    out.push_back(' ');
    append_here(out, member.value(), indent + kStep);
    return;
  }
  const std::size_t inner = member.value().is_array() ? indent : indent + kStep;
  out.append("\n").append(inner, ' ');
  append_here(out, member.value(), inner);
}

void append_map(std::string& out, const JsonObject& object, std::size_t indent) {
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (it != object.begin()) out.append(indent, ' ');
    append_member(out, *it, indent);
  }
}

void append_list(std::string& out, const JsonArray& array, std::size_t indent) {
  for (auto it = array.begin(); it != array.end(); ++it) {
    if (it != array.begin()) out.append(indent, ' ');
    out.append("- ");
    append_here(out, *it, indent + kStep);
  }
}

}  // namespace

std::string to_yaml(const Json& value) {
  std::string out;
  append_here(out, value, 0);
  return out;
}

}  // namespace berth::base
