// SPDX-License-Identifier: Apache-2.0
// Reads the marks; rules.cpp holds objects to them.
#include "base/status.hpp"
#include "schemas/rules.hpp"

namespace berth::schemas {

using base::Json;
using base::JsonArray;
using base::JsonObject;

namespace {

std::string text_of(const Json& value) {
  if (!value.is_string()) throw base::internal_error("a mark needs text, not " + base::to_canonical(value));
  return std::string(value.get_string());
}

std::vector<std::string> texts_of(const Json& value) {
  if (!value.is_array()) throw base::internal_error("a mark needs a list, not " + base::to_canonical(value));
  std::vector<std::string> texts;
  for (const Json& item : value.get_array()) texts.push_back(text_of(item));
  return texts;
}

const JsonArray& list_at(const JsonObject& node, std::string_view mark) {
  static const JsonArray kEmpty;
  const Json* found = node.if_contains(mark);
  if (found && !found->is_array()) throw base::internal_error(std::string(mark) + " must be a list");
  return found ? found->get_array() : kEmpty;
}

const JsonObject& object_at(const JsonObject& node, std::string_view mark) {
  static const JsonObject kEmpty;
  const Json* found = node.if_contains(mark);
  if (found && !found->is_object()) throw base::internal_error(std::string(mark) + " must be an object");
  return found ? found->get_object() : kEmpty;
}

std::vector<Json> values_of(const JsonObject& object, std::string_view key) {
  const JsonArray& list = list_at(object, key);
  return {list.begin(), list.end()};
}

}  // namespace

Rules::Rules(const JsonObject& node) {
  for (const Json& fields : list_at(node, "x-berth-exactly-one")) choices_.push_back({texts_of(fields), true});
  for (const Json& fields : list_at(node, "x-berth-at-most-one")) choices_.push_back({texts_of(fields), false});
  for (const Json& rule : list_at(node, "x-berth-rules")) rules_.push_back(read_rule(rule));
  for (const Json& rule : list_at(node, "x-berth-not-under")) {
    not_under_.push_back(
        {ValuePath(text_of(rule.at("field"))), ValuePath(text_of(rule.at("of"))), text_of(rule.at("message"))});
  }
  for (const auto& [field, other] : object_at(node, "x-berth-requires")) {
    requires_.push_back({std::string(field), text_of(other)});
  }
  for (const auto& [field, other] : object_at(node, "x-berth-at-least")) {
    at_least_.push_back({std::string(field), text_of(other)});
  }
  for (const Json& pair : list_at(node, "x-berth-disjoint")) {
    disjoint_.push_back({text_of(pair.at(0)), text_of(pair.at(1))});
  }
  for (const auto& [flag, fields] : object_at(node, "x-berth-freeze")) {
    freezes_.push_back({std::string(flag), texts_of(fields)});
  }
}

Rules::Rule Rules::read_rule(const Json& mark) {
  const JsonObject& object = mark.as_object();
  Rule rule;
  if (const Json* require = object.if_contains("require")) {
    rule.ask = Rule::Ask::Require;
    for (const std::string& path : texts_of(*require)) rule.paths.emplace_back(path);
  } else if (const Json* check = object.if_contains("check")) {
    rule.ask = Rule::Ask::Check;
    rule.paths.emplace_back(text_of(*check));
    rule.format = find_format(text_of(object.at("format")));
    if (!rule.format) throw base::internal_error("unknown format in " + base::to_canonical(mark));
  } else {
    rule.paths.emplace_back(text_of(object.at("forbid")));
    rule.values = values_of(object, "in");
    rule.message = text_of(object.at("message"));
  }
  rule.unless = object.contains("unless");
  if (const Json* path = object.if_contains(rule.unless ? "unless" : "when")) {
    rule.test = Test{ValuePath(text_of(*path)), values_of(object, "is")};
  }
  return rule;
}

}  // namespace berth::schemas
