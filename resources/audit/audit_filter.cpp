// SPDX-License-Identifier: Apache-2.0
#include "resources/audit/audit_filter.hpp"

#include <algorithm>
#include <array>

#include "base/clock.hpp"
#include "base/status.hpp"

namespace berth::resources {
namespace {

using base::Json;

struct Field {
  std::string_view name;
  std::string_view path;  // in the record
};
constexpr std::array<Field, 6> kFields = {{{"actor", "actor"},
                                           {"decision", "decision"},
                                           {"kind", "kind"},
                                           {"name", "resource.name"},
                                           {"namespace", "resource.namespace"},
                                           {"verb", "verb"}}};

bool wants_equal(const FieldRequirement& field) { return field.op == FieldRequirement::Operator::Equals; }

const Field* known_field(std::string_view name) {
  const auto* found = std::ranges::find(kFields, name, &Field::name);
  return found == kFields.end() ? nullptr : found;
}

bool bounds_time(const FieldRequirement& field) { return field.path == "since" || field.path == "until"; }

// Times are compared as the records write them: one width, UTC.
std::string bound_of(const FieldRequirement& field) {
  const auto time = base::parse_time(field.value);
  if (!wants_equal(field) || !time) {
    throw base::bad_request("field selector: " + field.path +
                            " takes = and a time such as 2026-01-02T03:04:05Z, not \"" + field.value + "\"");
  }
  return base::format_micro_time(*time);
}

bool names_resource(const Json& record, std::string_view wanted) {
  const std::string_view plural = base::string_at(record, "resource.resource");
  if (plural == wanted) return true;
  const std::string_view group = base::string_at(record, "resource.group");
  return !group.empty() && wanted.size() == plural.size() + 1 + group.size() && wanted.starts_with(plural) &&
         wanted[plural.size()] == '.' && wanted.ends_with(group);
}

}  // namespace

AuditFilter AuditFilter::parse(std::string_view labels, std::string_view fields) {
  AuditFilter filter;
  for (const Requirement& requirement : parse_label_selector(labels)) {
    using Operator = Requirement::Operator;
    const Operator op = requirement.op;
    const bool holds = op == Operator::NotEquals || op == Operator::NotIn || op == Operator::DoesNotExist;
    if (!holds) filter.no_label_matches_ = true;
  }
  for (FieldRequirement& field : parse_field_selector(fields)) {
    if (field.path == "order") {
      if (!wants_equal(field) || (field.value != "newest" && field.value != "oldest")) {
        throw base::bad_request("field selector: order takes = and newest or oldest, not \"" + field.value + "\"");
      }
      filter.newest_first_ = field.value == "newest";
      continue;
    }
    if (bounds_time(field)) {
      field.value = bound_of(field);
    } else if (field.path != "resource" && field.path != "metadata.name" && known_field(field.path) == nullptr) {
      throw base::bad_request("field label not supported: " + field.path);
    }
    filter.fields_.push_back(std::move(field));
  }
  return filter;
}

bool AuditFilter::matches(std::uint64_t sequence, std::string_view bytes) const {
  if (no_label_matches_) return false;
  if (fields_.empty()) return true;
  try {
    const Json record = base::parse_json(bytes);
    return std::ranges::all_of(fields_,
                               [&](const FieldRequirement& field) { return matches_record(sequence, record, field); });
  } catch (const base::Status&) {
    return false;
  }
}

bool AuditFilter::matches_record(std::uint64_t sequence, const Json& record, const FieldRequirement& field) const {
  if (field.path == "since") return base::string_at(record, "time") >= field.value;
  if (field.path == "until") return base::string_at(record, "time") < field.value;
  bool equal = false;
  if (field.path == "metadata.name") {
    equal = std::to_string(sequence) == field.value;
  } else if (field.path == "resource") {
    equal = names_resource(record, field.value);
  } else {
    equal = base::string_at(record, known_field(field.path)->path) == field.value;
  }
  return equal == wants_equal(field);
}

}  // namespace berth::resources
