// SPDX-License-Identifier: Apache-2.0
#include "resources/json_pointer.hpp"

#include <algorithm>
#include <charconv>

#include "base/status.hpp"

namespace berth::resources {
namespace {

std::string unescape(std::string_view token) {
  std::string plain;
  for (std::size_t at = 0; at < token.size(); ++at) {
    if (token[at] != '~') {
      plain.push_back(token[at]);
      continue;
    }
    const char code = at + 1 < token.size() ? token[++at] : ' ';
    if (code != '0' && code != '1') throw base::bad_request("invalid JSON pointer: a \"~\" without 0 or 1");
    plain.push_back(code == '0' ? '~' : '/');
  }
  return plain;
}

}  // namespace

JsonPointer::JsonPointer(std::string_view text) : text_(text) {
  if (text.empty()) return;
  if (text.front() != '/') throw base::bad_request("invalid JSON pointer: it must begin with \"/\"");
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find('/'), text.size());
    tokens_.push_back(unescape(text.substr(0, end)));
    text.remove_prefix(end);
  }
}

bool JsonPointer::is_above(const JsonPointer& other) const {
  return tokens_.size() < other.tokens_.size() && std::equal(tokens_.begin(), tokens_.end(), other.tokens_.begin());
}

base::Json* JsonPointer::find(base::Json& document) const {
  if (is_root()) return &document;
  base::Json* parent = holder(document);
  return parent == nullptr ? nullptr : child(*parent, last());
}

base::Json* JsonPointer::holder(base::Json& document) const {
  base::Json* at = &document;
  for (auto token = tokens_.begin(); at != nullptr && token != std::prev(tokens_.end()); ++token) {
    at = child(*at, *token);
  }
  return at;
}

std::optional<std::size_t> array_index(std::string_view token, std::size_t size) {
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
