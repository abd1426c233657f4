// SPDX-License-Identifier: Apache-2.0
#include "schemas/rules.hpp"

#include <algorithm>
#include <limits>

#include "base/status.hpp"
#include "schemas/quantity.hpp"

namespace berth::schemas {

using base::Json;
using base::JsonObject;

namespace {

bool is_set(const Json* value) {
  return value && !value->is_null() && !(value->is_array() && value->get_array().empty());
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// A limit as a number: an integer, or text such as 512Mi; -1 is no limit, more than any. Nothing for other values.
std::optional<std::int64_t> limit_of(const Json* value) {
  if (!value) return std::nullopt;
  std::optional<std::int64_t> number;
  if (value->is_int64()) number = value->get_int64();
  if (value->is_string()) number = value->get_string() == "-1" ? -1 : parse_bytes(value->get_string());
  return number == -1 ? std::numeric_limits<std::int64_t>::max() : number;
}

bool lies_under(std::string_view path, std::string_view folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.remove_suffix(1);
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace

bool Test::holds(const Json& object) const {
  const Json* found = path.first(object);
  if (!is_set(found)) return false;
  if (values.empty()) return true;
  return std::any_of(values.begin(), values.end(), [&](const Json& value) { return base::json_equal(value, *found); });
}

bool Rules::empty() const {
  return choices_.empty() && rules_.empty() && requires_.empty() && at_least_.empty() && disjoint_.empty() &&
         not_under_.empty() && freezes_.empty();
}

void Rules::check(const Json& value, const Place& at, Causes& causes) const {
  const JsonObject& object = value.get_object();
  for (const Choice& choice : choices_) check_choice(choice, object, at, causes);
  for (const Rule& rule : rules_) check_rule(rule, value, at, causes);
  if (!causes.has_overlong_list()) {
    for (const NotUnder& rule : not_under_) check_not_under(rule, value, at, causes);
  }
  check_pairs(object, at, causes);
}

void Rules::check_choice(const Choice& choice, const JsonObject& object, const Place& at, Causes& causes) {
  const std::string* chosen = nullptr;
  for (const std::string& field : choice.fields) {
    if (!is_set(object.if_contains(field))) continue;
    if (chosen) causes.forbidden(at.field(field).text(), "may not be set together with " + *chosen);
    if (!chosen) chosen = &field;
  }
  if (!chosen && choice.required) causes.required(at.text(), "exactly one of " + join(choice.fields) + " must be set");
}

void Rules::check_rule(const Rule& rule, const Json& object, const Place& at, Causes& causes) {
  // What is forbidden or checked is absent, most often: that costs less to see than whether the rule holds.
  if (rule.ask != Rule::Ask::Require && !rule.paths[0].first(object)) return;
  if (rule.test && rule.test->holds(object) == rule.unless) return;
  if (rule.ask == Rule::Ask::Require) {
    const auto given = [&](const ValuePath& path) { return is_set(path.first(object)); };
    if (std::any_of(rule.paths.begin(), rule.paths.end(), given)) return;
    if (rule.paths.size() == 1) return causes.required(rule.paths[0].text_below(at));
    std::vector<std::string> names;
    for (const ValuePath& path : rule.paths) names.push_back(path.text_below(Place()));
    const std::string field = at.text();
    return causes.required(field.empty() ? names[0] : field, "one of " + join(names) + " must be set");
  }
  rule.paths[0].each(object, at, [&](const Json& value, const Place& place) {
    if (rule.ask == Rule::Ask::Check) {
      if (!value.is_string()) return;
      const std::string_view why = rule.format->check(value.get_string());
      if (!why.empty()) causes.invalid(place.text(), value, why);
      return;
    }
    const auto same = [&](const Json& listed) { return base::json_equal(listed, value); };
    if (!is_set(&value) || (value.is_string() && value.get_string().empty())) return;
    if (!rule.values.empty() && std::none_of(rule.values.begin(), rule.values.end(), same)) return;
    causes.forbidden(place.text(), rule.message);
  });
}

void Rules::check_not_under(const NotUnder& rule, const Json& object, const Place& at, Causes& causes) {
  if (!rule.inner.first(object) || !rule.outer.first(object)) return;
  std::vector<std::string_view> folders;
  rule.outer.each(object, at, [&](const Json& value, const Place&) {
    if (value.is_string()) folders.push_back(value.get_string());
  });
  rule.inner.each(object, at, [&](const Json& value, const Place& place) {
    if (!value.is_string()) return;
    const auto holds = [&](std::string_view folder) { return lies_under(value.get_string(), folder); };
    if (std::any_of(folders.begin(), folders.end(), holds)) causes.invalid(place.text(), value, rule.message);
  });
}

void Rules::check_pairs(const JsonObject& object, const Place& at, Causes& causes) const {
  for (const Pair& pair : requires_) {
    if (is_set(object.if_contains(pair.field)) && !is_set(object.if_contains(pair.other))) {
      causes.required(at.field(pair.other).text(), pair.field + " needs it");
    }
  }
  for (const Pair& pair : at_least_) {
    const Json* field = object.if_contains(pair.field);
    const std::optional<std::int64_t> more = limit_of(field);
    const std::optional<std::int64_t> less = limit_of(object.if_contains(pair.other));
    if (more && less && *more < *less) {
      causes.invalid(at.field(pair.field).text(), *field, "must be at least " + pair.other);
    }
  }
  for (const Pair& pair : disjoint_) {
    const Json* map = object.if_contains(pair.field);
    const Json* other = object.if_contains(pair.other);
    if (!map || !other || !map->is_object() || !other->is_object()) continue;
    for (const auto& [key, value] : map->get_object()) {
      if (!other->get_object().contains(key)) continue;
      const Place place = at.field(pair.field);
      causes.invalid(place.key(key).text(), Json(key), "duplicate of key present in " + pair.other);
    }
  }
}

void Rules::check_update(const Json& object, const Json& before, const Place& at, Causes& causes) const {
  static const Json kAbsent;
  const auto part = [](const Json& whole, const std::string& field) -> const Json& {
    const Json* found = whole.get_object().if_contains(field);
    return found ? *found : kAbsent;
  };
  for (const Freeze& freeze : freezes_) {
    const Json& flag = part(before, freeze.flag);
    if (!flag.is_bool() || !flag.get_bool()) continue;
    const std::string why = "field is immutable when `" + freeze.flag + "` is set";
    std::vector<std::string> fields = freeze.fields;
    fields.insert(fields.begin(), freeze.flag);
    for (const std::string& field : fields) {
      if (!base::json_equal(part(object, field), part(before, field))) causes.forbidden(at.field(field).text(), why);
    }
  }
}

}  // namespace berth::schemas
