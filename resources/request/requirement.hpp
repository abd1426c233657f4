// SPDX-License-Identifier: Apache-2.0
#pragma once
// The grammars of selectors, as apimachinery's labels.Parse and fields.ParseSelector have them, with their messages.
// https://github.com/kubernetes/apimachinery/blob/master/pkg/labels/selector.go
#include <string>
#include <string_view>
#include <vector>

namespace berth::resources {

// One term of a label selector: "app=web", "tier in (a,b)", "!gone", "size>3".
struct Requirement {
  enum class Operator { Equals, NotEquals, In, NotIn, Exists, DoesNotExist, GreaterThan, LessThan };
  std::string key;
  Operator op = Operator::Exists;
  std::vector<std::string> values;  // sorted, each once
  bool operator==(const Requirement&) const = default;
};

// One term of a field selector: "metadata.name=web".
struct FieldRequirement {
  std::string path;
  enum class Operator { Equals, NotEquals } op = Operator::Equals;
  std::string value;
  bool operator==(const FieldRequirement&) const = default;
};

// Both throw BadRequest. An empty text has no requirements.
std::vector<Requirement> parse_label_selector(std::string_view text);
std::vector<FieldRequirement> parse_field_selector(std::string_view text);

}  // namespace berth::resources
