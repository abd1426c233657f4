// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which audit records a list or a watch is about: field selectors over actor, verb, resource ("containers" or
// "containers.berth.dev"), namespace, name, decision, kind, metadata.name; `since` and `until` with an RFC 3339 time
// (from the one on, before the other); and for a list `order=newest`, the newest first. Records have no labels.
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "resources/request/requirement.hpp"

namespace berth::resources {

class AuditFilter {
 public:
  // Throws BadRequest for a malformed selector, another field, or a time that is none.
  static AuditFilter parse(std::string_view labels, std::string_view fields);

  bool newest_first() const { return newest_first_; }
  bool takes_all() const { return fields_.empty() && !no_label_matches_; }
  // `bytes` is the record's JSON text; one that does not parse is shown only when nothing is asked for.
  bool matches(std::uint64_t sequence, std::string_view bytes) const;

 private:
  bool matches_record(std::uint64_t sequence, const base::Json& record, const FieldRequirement& field) const;

  std::vector<FieldRequirement> fields_;
  bool newest_first_ = false;
  bool no_label_matches_ = false;
};

}  // namespace berth::resources
