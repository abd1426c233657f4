// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the generated decoders and encoders are made of. Structs are found by their own decode() and encode().
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace berth::schemas::codec {

inline void decode(const base::Json& from, std::string& to) {
  if (const auto* text = from.if_string()) {
    to.assign(text->data(), text->size());
  } else if (from.is_int64() || from.is_uint64()) {
    to = base::to_canonical(from);
  }
}
inline void decode(const base::Json& from, std::int64_t& to) {
  if (const auto* number = from.if_int64()) to = *number;
}
inline void decode(const base::Json& from, bool& to) {
  if (const auto* flag = from.if_bool()) to = *flag;
}

template <class T>
void decode(const base::Json& from, std::optional<T>& to);
template <class T>
void decode(const base::Json& from, std::vector<T>& to);
template <class T>
void decode(const base::Json& from, std::map<std::string, T>& to);

template <class T>
void decode(const base::Json& from, std::optional<T>& to) {
  if (!from.is_null()) decode(from, to.emplace());
}
template <class T>
void decode(const base::Json& from, std::vector<T>& to) {
  const base::JsonArray* array = from.if_array();
  if (!array) return;
  to.reserve(array->size());
  for (const base::Json& item : *array) decode(item, to.emplace_back());
}
template <class T>
void decode(const base::Json& from, std::map<std::string, T>& to) {
  const base::JsonObject* object = from.if_object();
  if (!object) return;
  for (const auto& [key, value] : *object) decode(value, to[std::string(key)]);
}

template <class T>
void decode_member(const base::JsonObject& object, std::string_view key, T& to) {
  if (const base::Json* found = object.if_contains(key)) decode(*found, to);
}

inline base::Json encode(const std::string& value) { return base::Json(value); }
inline base::Json encode(std::int64_t value) { return base::Json(value); }
inline base::Json encode(bool value) { return base::Json(value); }

template <class T>
base::Json encode(const std::vector<T>& values) {
  base::JsonArray array;
  array.reserve(values.size());
  for (const T& value : values) array.push_back(encode(value));
  return array;
}
template <class T>
base::Json encode(const std::map<std::string, T>& values) {
  base::JsonObject object;
  for (const auto& [key, value] : values) object.emplace(key, encode(value));
  return object;
}

template <class T>
void encode_member(base::JsonObject& object, std::string_view key, const T& value) {
  object.emplace(key, encode(value));
}
template <class T>
void encode_member(base::JsonObject& object, std::string_view key, const std::optional<T>& value) {
  if (value) object.emplace(key, encode(*value));
}
template <class T>
void encode_member(base::JsonObject& object, std::string_view key, const std::vector<T>& values) {
  if (!values.empty()) object.emplace(key, encode(values));
}
template <class T>
void encode_member(base::JsonObject& object, std::string_view key, const std::map<std::string, T>& values) {
  if (!values.empty()) object.emplace(key, encode(values));
}
// For x-berth-plain: the empty value is left out.
template <class T>
void encode_plain(base::JsonObject& object, std::string_view key, const T& value) {
  if (value != T{}) object.emplace(key, encode(value));
}

}  // namespace berth::schemas::codec
