// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace berth::base {
namespace {

// Splits the first step off "a.b.c".
std::string_view take_step(std::string_view& dotted) {
  const auto dot = dotted.find('.');
  const std::string_view step = dotted.substr(0, dot);
  dotted = dot == std::string_view::npos ? std::string_view() : dotted.substr(dot + 1);
  return step;
}

bool arrays_equal(const JsonArray& a, const JsonArray& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), json_equal);
}

bool objects_equal(const JsonObject& a, const JsonObject& b) {
  if (a.size() != b.size()) return false;
  return std::all_of(a.begin(), a.end(), [&b](const auto& member) {
    const Json* other = b.if_contains(member.key());
    return other && json_equal(member.value(), *other);
  });
}

// Every number has one representation: int64 where it fits, then uint64, then double.
Json normal_number(const Json& number) {
  if (const auto* d = number.if_double()) return narrow_number(*d);
  const auto* u = number.if_uint64();
  if (u && *u <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return static_cast<std::int64_t>(*u);
  }
  return number;
}

}  // namespace

Json narrow_number(double number) {
  // The bounds are powers of two, exact as doubles; the upper ones are the first that do not fit.
  if (number == std::trunc(number)) {
    if (number >= -0x1p63 && number < 0x1p63) return static_cast<std::int64_t>(number);
    if (number >= 0x1p63 && number < 0x1p64) return static_cast<std::uint64_t>(number);
  }
  return number;
}

bool json_equal(const Json& a, const Json& b) {
  if (a.is_string() && b.is_string()) return std::string_view(a.get_string()) == std::string_view(b.get_string());
  if (a.is_number() && b.is_number()) return normal_number(a) == normal_number(b);
  if (a.is_object() && b.is_object()) return objects_equal(a.get_object(), b.get_object());
  if (a.is_array() && b.is_array()) return arrays_equal(a.get_array(), b.get_array());
  return a == b;
}

const Json* find_path(const Json& value, std::string_view dotted) {
  const Json* at = &value;
  while (at && !dotted.empty()) {
    const JsonObject* object = at->if_object();
    at = object ? object->if_contains(take_step(dotted)) : nullptr;
  }
  return at;
}

Json* find_path(Json& value, std::string_view dotted) {
  return const_cast<Json*>(find_path(static_cast<const Json&>(value), dotted));
}

std::string_view string_at(const Json& value, std::string_view dotted) {
  const Json* found = find_path(value, dotted);
  const auto* text = found ? found->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

std::int64_t int_at(const Json& value, std::string_view dotted, std::int64_t otherwise) {
  const Json* found = find_path(value, dotted);
  if (!found || !found->is_number()) return otherwise;
  const Json number = normal_number(*found);
  return number.is_int64() ? number.get_int64() : otherwise;
}

bool bool_at(const Json& value, std::string_view dotted, bool otherwise) {
  const Json* found = find_path(value, dotted);
  const bool* flag = found ? found->if_bool() : nullptr;
  return flag ? *flag : otherwise;
}

JsonObject& make_path(Json& value, std::string_view dotted) {
  Json* at = &value;
  if (!at->is_object()) at->emplace_object();
  while (!dotted.empty()) {
    at = &at->get_object()[take_step(dotted)];
    if (!at->is_object()) at->emplace_object();
  }
  return at->get_object();
}

}  // namespace berth::base
