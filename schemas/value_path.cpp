// SPDX-License-Identifier: Apache-2.0
#include "schemas/value_path.hpp"

#include "base/status.hpp"

namespace berth::schemas {

using base::Json;

namespace {

bool holds(const Json& item, std::string_view field, std::string_view wanted) {
  const Json* found = item.is_object() ? item.get_object().if_contains(field) : nullptr;
  return found && found->is_string() && found->get_string() == wanted;
}

}  // namespace

ValuePath::ValuePath(std::string_view text) : text_(text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '[') {
      // A filter may hold brackets of its own only inside quotes, and none of ours does.
      const std::size_t end = text.find(']', at);
      if (end == std::string_view::npos) throw base::internal_error("bad path " + text_);
      parts_.push_back(parse_bracket(text.substr(at + 1, end - at - 1)));
      at = end + 1;
      continue;
    }
    if (text[at] == '.') ++at;
    const std::size_t end = std::min(text.find_first_of(".[", at), text.size());
    if (end == at) throw base::internal_error("bad path " + text_);
    parts_.push_back({Step::Field, std::string(text.substr(at, end - at)), "", 0});
    at = end;
  }
  if (parts_.empty()) throw base::internal_error("empty path");
}

ValuePath::Part ValuePath::parse_bracket(std::string_view inside) {
  if (inside == "*") return {Step::Each, "", "", 0};
  const bool quoted = inside.size() >= 2 && (inside.front() == '"' || inside.front() == '\'');
  if (quoted) return {Step::Key, std::string(inside.substr(1, inside.size() - 2)), "", 0};
  if (inside.starts_with("?(@.") && inside.ends_with("\")")) {
    const std::string_view test = inside.substr(4, inside.size() - 6);
    const std::size_t equals = test.find("==\"");
    if (equals == std::string_view::npos) throw base::internal_error("bad filter " + std::string(inside));
    return {Step::Where, std::string(test.substr(0, equals)), std::string(test.substr(equals + 3)), 0};
  }
  if (inside.empty() || inside.find_first_not_of("0123456789") != std::string_view::npos) {
    throw base::internal_error("bad index " + std::string(inside));
  }
  return {Step::Item, "", "", std::stoul(std::string(inside))};
}

const Json* ValuePath::find(const Json& value, std::size_t part) const {
  if (part == parts_.size()) return value.is_null() ? nullptr : &value;
  const Part& here = parts_[part];
  if (here.step == Step::Field || here.step == Step::Key) {
    const Json* found = value.is_object() ? value.get_object().if_contains(here.name) : nullptr;
    return found ? find(*found, part + 1) : nullptr;
  }
  const base::JsonArray* array = value.if_array();
  if (!array) return nullptr;
  if (here.step == Step::Item) return here.index < array->size() ? find((*array)[here.index], part + 1) : nullptr;
  for (const Json& item : *array) {
    if (here.step == Step::Where && !holds(item, here.name, here.value)) continue;
    if (const Json* found = find(item, part + 1)) return found;
  }
  return nullptr;
}

void ValuePath::walk(const Json& value, const Place& at, std::size_t part, const Visit& visit) const {
  if (part == parts_.size()) {
    if (!value.is_null()) visit(value, at);
    return;
  }
  const Part& here = parts_[part];
  if (here.step == Step::Field || here.step == Step::Key) {
    const Json* found = value.is_object() ? value.get_object().if_contains(here.name) : nullptr;
    if (!found) return;
    const Place below = here.step == Step::Field ? at.field(here.name) : at.key(here.name);
    walk(*found, below, part + 1, visit);
    return;
  }
  const base::JsonArray* array = value.if_array();
  if (!array) return;
  for (std::size_t i = 0; i < array->size(); ++i) {
    if (here.step == Step::Item && i != here.index) continue;
    if (here.step == Step::Where && !holds((*array)[i], here.name, here.value)) continue;
    walk((*array)[i], at.item(i), part + 1, visit);
  }
}

std::string ValuePath::text_below(const Place& at) const {
  std::string text = at.text();
  for (const Part& part : parts_) {
    if (part.step == Step::Field) {
      text += (text.empty() ? "" : ".") + part.name;
    } else if (part.step == Step::Key) {
      text += "[" + part.name + "]";
    } else if (part.step == Step::Item) {
      text += "[" + std::to_string(part.index) + "]";
    } else {
      text += "[*]";
    }
  }
  return text;
}

}  // namespace berth::schemas
