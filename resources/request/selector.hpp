// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which objects a list or a watch is about. Both selectors are answered from an object's key and index terms, so
// that no JSON is read to select.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resources/object/object_key.hpp"
#include "resources/request/requirement.hpp"
#include "store/store.hpp"

namespace berth::resources {

class Selector {
 public:
  // Throws BadRequest in apimachinery's words for a malformed selector or a field that the kind does not select by.
  static Selector parse(const Kind& kind, std::string_view labels, std::string_view fields);

  // Terms that every selected object has: what the store's postings can narrow down to.
  const std::vector<std::string>& needed_terms() const { return needed_terms_; }
  // The beginning of every key that can match in `ns` ("": any): the kind's, or one object's when it is named. Other
  // names may begin so too.
  std::string key_prefix(const Kind& kind, std::string_view ns) const;

  bool matches(const Kind& kind, const store::Entry& entry) const;

 private:
  void add_field(const Kind& kind, FieldRequirement field);

  std::vector<Requirement> requirements_;
  std::vector<FieldRequirement> fields_;
  std::vector<std::string> needed_terms_;
  std::optional<std::string> only_name_;
};

}  // namespace berth::resources
