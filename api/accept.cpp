// SPDX-License-Identifier: Apache-2.0
#include "api/accept.hpp"

#include <algorithm>
#include <charconv>

#include "api/header_text.hpp"

namespace berth::api {
namespace {

double read_quality(std::string_view text) {
  double value = 1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

AcceptClause read_clause(std::string_view text) {
  const auto parts = split(text, ';');
  AcceptClause clause;
  clause.type = lower(parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto equals = parts[i].find('=');
    if (equals == std::string_view::npos) continue;
    const std::string key = lower(trim(parts[i].substr(0, equals)));
    const std::string_view value = trim(parts[i].substr(equals + 1));
    if (key == "as") clause.as = value;
    if (key == "g") clause.group = value;
    if (key == "v") clause.version = value;
    if (key == "q") clause.quality = read_quality(value);
  }
  return clause;
}

}  // namespace

bool AcceptClause::takes(std::string_view media_type) const {
  if (type == media_type || type == "*/*") return true;
  const auto slash = media_type.find('/');
  return type.ends_with("/*") && type.size() == slash + 2 && media_type.starts_with(type.substr(0, slash + 1));
}

std::vector<AcceptClause> read_accept(std::string_view accept) {
  std::vector<AcceptClause> clauses;
  for (const std::string_view part : split(accept, ',')) {
    AcceptClause clause = read_clause(part);
    if (part.empty() || clause.quality <= 0) continue;
    const auto place = std::ranges::upper_bound(clauses, clause.quality, std::greater(), &AcceptClause::quality);
    clauses.insert(place, std::move(clause));
  }
  return clauses;
}

bool holds_etag(std::string_view if_none_match, std::string_view etag) {
  for (std::string_view held : split(if_none_match, ',')) {
    if (held.starts_with("W/")) held.remove_prefix(2);
    if (held == etag || held == "*") return true;
  }
  return false;
}

bool takes_gzip(std::string_view accept_encoding) {
  const auto clauses = read_accept(accept_encoding);
  return std::ranges::any_of(clauses, [](const AcceptClause& clause) { return clause.type == "gzip"; });
}

}  // namespace berth::api
