// SPDX-License-Identifier: Apache-2.0
// https://github.com/distribution/reference/blob/main/reference.go has the grammar.
#include "schemas/characters.hpp"
#include "schemas/formats.hpp"

namespace berth::schemas {

namespace {

constexpr std::string_view kBad = "must be an image reference, such as nginx:1.27 or ghcr.io/owner/name@sha256:...";

bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    if (host.size() < 4 || host.back() != ']') return false;
    return all_of(host.substr(1, host.size() - 2), [](char c) { return is_hex(c) || c == ':'; });
  }
  while (true) {
    const std::size_t dot = host.find('.');
    const std::string_view part = host.substr(0, dot);
    if (part.empty() || !is_alnum(part.front()) || !is_alnum(part.back())) return false;
    if (!all_of(part, [](char c) { return is_alnum(c) || c == '-'; })) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

bool is_domain(std::string_view domain) {
  const std::size_t colon = domain.rfind(':');
  const bool has_port = colon != std::string_view::npos && domain.find(']', colon) == std::string_view::npos;
  if (!has_port) return is_host(domain);
  return is_host(domain.substr(0, colon)) && colon + 1 < domain.size() && all_of(domain.substr(colon + 1), is_digit);
}

// Lower-case words, joined by '.', '_', "__" or any number of '-'.
bool is_path_component(std::string_view part) {
  if (part.empty() || !is_lower_alnum(part.front()) || !is_lower_alnum(part.back())) return false;
  for (std::size_t at = 0; at < part.size();) {
    if (is_lower_alnum(part[at])) {
      ++at;
      continue;
    }
    const char mark = part[at];
    const std::size_t end = part.find_first_not_of(mark, at);
    const std::size_t length = end - at;
    const bool right = mark == '-' || (mark == '.' && length == 1) || (mark == '_' && length <= 2);
    if (!right || !is_lower_alnum(part[end])) return false;
    at = end;
  }
  return true;
}

bool is_tag(std::string_view tag) {
  const auto is_word = [](char c) { return is_alnum(c) || c == '_'; };
  return !tag.empty() && tag.size() <= 128 && is_word(tag.front()) &&
         all_of(tag, [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

bool is_digest(std::string_view digest) {
  const std::size_t colon = digest.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view algorithm = digest.substr(0, colon);
  const std::string_view hex = digest.substr(colon + 1);
  if (!is_alnum(algorithm.front()) || is_digit(algorithm.front()) || !is_alnum(algorithm.back())) return false;
  const auto in_algorithm = [](char c) { return is_alnum(c) || c == '+' || c == '.' || c == '-' || c == '_'; };
  if (!all_of(algorithm, in_algorithm) || !all_of(hex, is_hex)) return false;
  if (algorithm == "sha256") return hex.size() == 64;
  if (algorithm == "sha512") return hex.size() == 128;
  return hex.size() >= 32;
}

std::string_view check_name(std::string_view name) {
  std::string_view path = name;
  const std::size_t slash = name.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view first = name.substr(0, slash);
    const bool domain = first.find_first_of(".:[") != std::string_view::npos || first == "localhost" ||
                        !all_of(first, [](char c) { return !is_upper(c); });
    if (domain) {
      if (!is_domain(first)) return kBad;
      path = name.substr(slash + 1);
    }
  }
  if (path.size() > 255) return "repository name must not be more than 255 characters";
  if (!all_of(path, [](char c) { return !is_upper(c); })) return "repository name must be lowercase";
  while (true) {
    const std::size_t next = path.find('/');
    if (!is_path_component(path.substr(0, next))) return kBad;
    if (next == std::string_view::npos) return "";
    path.remove_prefix(next + 1);
  }
}

}  // namespace

std::string_view check_image(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at != std::string_view::npos) {
    if (!is_digest(text.substr(at + 1))) return "the digest after @ must be such as sha256: and 64 hex digits";
    text = text.substr(0, at);
  }
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find('/', colon) == std::string_view::npos) {
    if (!is_tag(text.substr(colon + 1)))
      return "the tag after : must be letters, digits, '_', '.' and '-', at most 128";
    text = text.substr(0, colon);
  }
  if (text.size() == 64 && all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); })) {
    return "cannot be 64 hex digits: write an image id as sha256:<id>";
  }
  return check_name(text);
}

}  // namespace berth::schemas
