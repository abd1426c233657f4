// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/json_pointer.hpp"

#include <algorithm>
#include <charconv>

namespace berth::resources {
namespace {

std::string unescape(std::string_view token) {
  std::string plain;
  for (std::size_t at = 0; at < token.size(); ++at) {
    const std::string_view pair = token.substr(at, 2);
    if (pair != "~0" && pair != "~1") {
      plain.push_back(token[at]);
      continue;
    }
    plain.push_back(pair == "~0" ? '~' : '/');
    ++at;
  }
  return plain;
}

}  // namespace

JsonPointer::JsonPointer(std::string_view text) : text_(text) {
  text.remove_prefix(std::min(text.find('/'), text.size()));
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find('/'), text.size());
    tokens_.push_back(unescape(text.substr(0, end)));
    text.remove_prefix(end);
  }
}

base::Json* JsonPointer::holder(base::Json& document) const {
  if (tokens_.empty()) return nullptr;
  base::Json* at = &document;
  for (auto token = tokens_.begin(); at != nullptr && token != std::prev(tokens_.end()); ++token) {
    at = child(*at, *token);
  }
  return at;
}

std::optional<std::size_t> array_index(std::string_view token, std::size_t size) {
  // Go's Atoi takes "+1" and "01".
  if (token.starts_with('+') && token.size() > 1 && token[1] != '-') token.remove_prefix(1);
  std::int64_t index = 0;
  const auto parsed = std::from_chars(token.data(), token.data() + token.size(), index);
  if (token.empty() || parsed.ec != std::errc() || parsed.ptr != token.data() + token.size()) return std::nullopt;
  if (index < 0) index += static_cast<std::int64_t>(size);
  if (index < 0 || index >= static_cast<std::int64_t>(size)) return std::nullopt;
  return static_cast<std::size_t>(index);
}

base::Json* child(base::Json& holder, std::string_view token) {
  if (base::JsonObject* object = holder.if_object()) return object->if_contains(token);
  if (base::JsonArray* array = holder.if_array()) {
    const auto index = array_index(token, array->size());
    return index ? &(*array)[*index] : nullptr;
  }
  return nullptr;
}

}  // namespace berth::resources
