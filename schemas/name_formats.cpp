// SPDX-License-Identifier: Apache-2.0
#include "schemas/name_formats.hpp"

#include "schemas/characters.hpp"

namespace berth::schemas {

namespace {

constexpr std::string_view kLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kQualifiedPart =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kQualifiedName =
    "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. "
    "'example.com/MyName')";
constexpr std::string_view kLabelValue =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation "
    "is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr std::string_view kDataKey =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  "
    "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

// Alphanumeric at both ends, and `middle` between.
template <class End, class Middle>
bool is_word(std::string_view text, End end, Middle middle) {
  return !text.empty() && end(text.front()) && end(text.back()) && all_of(text, middle);
}

bool is_label(std::string_view text) {
  return is_word(text, is_lower_alnum, [](char c) { return is_lower_alnum(c) || c == '-'; });
}

bool is_subdomain(std::string_view text) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_name_part(std::string_view text) {
  return is_word(text, is_alnum, [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

}  // namespace

std::string_view check_dns_label(std::string_view text) {
  if (text.size() > 63) return "must be no more than 63 characters";
  return is_label(text) ? "" : kLabel;
}

std::string_view check_dns_subdomain(std::string_view text) {
  if (text.size() > 253) return "must be no more than 253 characters";
  return is_subdomain(text) ? "" : kSubdomain;
}

std::string_view check_name_prefix(std::string_view text) {
  // The server adds alphanumeric characters, so a dash or a dot may come last.
  while (!text.empty() && (text.back() == '-' || text.back() == '.')) text.remove_suffix(1);
  return check_dns_subdomain(text);
}

std::string_view check_path_segment(std::string_view text) {
  if (text == ".") return "may not be '.'";
  if (text == "..") return "may not be '..'";
  if (text.find('/') != std::string_view::npos) return "may not contain '/'";
  return text.find('%') == std::string_view::npos ? "" : "may not contain '%'";
}

std::string_view check_qualified_name(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    if (text.find('/', slash + 1) != std::string_view::npos) return kQualifiedName;
    const std::string_view prefix = text.substr(0, slash);
    if (prefix.empty()) return "prefix part must be non-empty";
    if (prefix.size() > 253) return "prefix part must be no more than 253 bytes";
    if (!is_subdomain(prefix)) {
      return "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
             "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
             "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    }
    text.remove_prefix(slash + 1);
  }
  if (text.empty()) return "name part must be non-empty";
  if (text.size() > 63) return "name part must be no more than 63 bytes";
  return is_name_part(text) ? "" : kQualifiedPart;
}

std::string_view check_label_value(std::string_view text) {
  if (text.size() > 63) return "must be no more than 63 bytes";
  return text.empty() || is_name_part(text) ? "" : kLabelValue;
}

std::string_view check_data_key(std::string_view text) {
  if (text.size() > 253) return "must be no more than 253 characters";
  if (text == ".") return "must not be '.'";
  if (text.starts_with("..")) return "must not start with '..'";
  const bool right =
      !text.empty() && all_of(text, [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
  return right ? "" : kDataKey;
}

std::string_view check_env_name(std::string_view text) {
  const bool right = !text.empty() && all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '='; });
  return right ? ""
               : "a valid environment variable name must consist only of printable ASCII characters other than '='";
}

}  // namespace berth::schemas
