// SPDX-License-Identifier: Apache-2.0
#include "resources/request/selector.hpp"

#include <algorithm>
#include <charconv>

#include "base/status.hpp"

namespace berth::resources {
namespace {

using Operator = Requirement::Operator;

bool has_term(const store::Entry& entry, std::string_view term) {
  return std::ranges::find(entry.terms, term) != entry.terms.end();
}

bool has_any_value(const store::Entry& entry, const Requirement& requirement) {
  return std::ranges::any_of(requirement.values, [&](const std::string& value) {
    return has_term(entry, label_term(requirement.key, value));
  });
}

// The label as an integer against the requirement's; a label that is none never matches.
bool compares(const store::Entry& entry, const Requirement& requirement) {
  const std::string prefix = label_term(requirement.key, "");
  const auto found =
      std::ranges::find_if(entry.terms, [&](const std::string& term) { return term.starts_with(prefix); });
  if (found == entry.terms.end()) return false;
  const auto number_of = [](std::string_view text) -> std::optional<std::int64_t> {
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return number;
  };
  const auto have = number_of(std::string_view(*found).substr(prefix.size()));
  const auto limit = number_of(requirement.values.front());
  if (!have || !limit) return false;
  return requirement.op == Operator::GreaterThan ? *have > *limit : *have < *limit;
}

bool matches_label(const store::Entry& entry, const Requirement& requirement) {
  switch (requirement.op) {
    case Operator::Exists:
      return has_term(entry, label_key_term(requirement.key));
    case Operator::DoesNotExist:
      return !has_term(entry, label_key_term(requirement.key));
    case Operator::Equals:
    case Operator::In:
      return has_any_value(entry, requirement);
    case Operator::NotEquals:
    case Operator::NotIn:
      return !has_any_value(entry, requirement);
    case Operator::GreaterThan:
    case Operator::LessThan:
      return compares(entry, requirement);
  }
  return false;
}

bool matches_field(const Kind& kind, const store::Entry& entry, const FieldRequirement& field) {
  const bool wanted = field.op == FieldRequirement::Operator::Equals;
  const PlaceInKey place = place_in(kind, entry.key);
  if (field.path == "metadata.name") return (place.name == field.value) == wanted;
  if (field.path == "metadata.namespace") return (place.ns == field.value) == wanted;
  return has_term(entry, field_term(field.path, field.value)) == wanted;
}

}  // namespace

Selector Selector::parse(const Kind& kind, std::string_view labels, std::string_view fields) {
  Selector selector;
  selector.requirements_ = parse_label_selector(labels);
  for (const Requirement& requirement : selector.requirements_) {
    const bool positive = requirement.op == Operator::Equals || requirement.op == Operator::In;
    if (positive && requirement.values.size() == 1) {
      selector.needed_terms_.push_back(label_term(requirement.key, requirement.values.front()));
    } else if (positive || requirement.op == Operator::Exists) {
      selector.needed_terms_.push_back(label_key_term(requirement.key));
    }
  }
  for (FieldRequirement& field : parse_field_selector(fields)) selector.add_field(kind, std::move(field));
  return selector;
}

void Selector::add_field(const Kind& kind, FieldRequirement field) {
  const bool equals = field.op == FieldRequirement::Operator::Equals;
  if (field.path == "metadata.name") {
    if (equals) only_name_ = field.value;
  } else if (field.path != "metadata.namespace") {
    const auto& known = selectable_fields(kind);
    if (std::ranges::find(known, field.path) == known.end()) {
      throw base::bad_request("field label not supported: " + field.path);
    }
    if (equals) needed_terms_.push_back(field_term(field.path, field.value));
  }
  fields_.push_back(std::move(field));
}

std::string Selector::key_prefix(const Kind& kind, std::string_view ns) const {
  std::string prefix = resources::key_prefix(kind, ns);
  if (only_name_ && (!ns.empty() || !kind.namespaced)) prefix.append(*only_name_);
  return prefix;
}

bool Selector::matches(const Kind& kind, const store::Entry& entry) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& r) { return matches_label(entry, r); }) &&
         std::ranges::all_of(fields_, [&](const FieldRequirement& f) { return matches_field(kind, entry, f); });
}

}  // namespace berth::resources
