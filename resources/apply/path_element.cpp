// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/path_element.hpp"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <utility>
#include <vector>

#include "base/status.hpp"
#include "resources/apply/go_json.hpp"
#include "schemas/schema.hpp"

namespace berth::resources {
namespace {

using base::Json;
using schemas::Schema;

struct KeyField {
  std::string_view name;
  const Json* value;
};
using KeyFields = boost::container::small_vector<KeyField, 4>;

std::string key_element(KeyFields& keys) {
  std::ranges::sort(keys, {}, &KeyField::name);
  std::string text;
  text.reserve(96);
  text.append("k:");
  char separator = '{';
  for (const KeyField& key : keys) {
    text.push_back(std::exchange(separator, ','));
    base::append_quoted(text, key.name);
    text.push_back(':');
    base::append_canonical(text, *key.value);
  }
  if (keys.empty()) text.push_back('{');
  text.push_back('}');
  return as_go_json(std::move(text));
}

std::string key_element(const base::JsonObject& keys) {
  KeyFields fields;
  for (const auto& key : keys) fields.push_back({key.key(), &key.value()});
  return key_element(fields);
}

std::optional<Json> parse_value(std::string_view text) {
  try {
    return base::parse_json(text);
  } catch (const base::Status&) {
    return std::nullopt;
  }
}

ReadElement known(std::string element) { return {ElementKind::Known, std::move(element)}; }

ReadElement read_index(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  long index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return known("i:" + std::to_string(index));
}

}  // namespace

std::string field_element(std::string_view name) {
  std::string element;
  element.reserve(2 + name.size());
  element.append("f:").append(name);
  return element;
}

std::optional<std::string_view> field_name(std::string_view element) {
  if (!element.starts_with("f:")) return std::nullopt;
  return element.substr(2);
}

std::optional<std::string> item_element(const Schema& list, const Json& item) {
  if (list.list_type == "set") {
    if (item.is_null() || item.is_structured()) return std::nullopt;
    return "v:" + to_go_json(item);
  }
  const base::JsonObject* object = item.if_object();
  if (object == nullptr) return std::nullopt;
  KeyFields keys;
  for (const std::string& name : list.list_keys) {
    const Json* value = object->if_contains(name);
    const Schema* field = list.items->find(name);
    if (value == nullptr && field != nullptr && field->default_value) value = &*field->default_value;
    if (value != nullptr) keys.push_back({name, value});
  }
  if (keys.empty()) return std::nullopt;
  return key_element(keys);
}

ReadElement read_element(std::string_view key) {
  if (key.size() < 2 || key[1] != ':') return {};
  const std::string_view text = key.substr(2);
  switch (key[0]) {
    case 'f':
      return known(std::string(key));
    case 'i':
      return read_index(text);
    case 'v': {
      const std::optional<Json> value = parse_value(text);
      if (!value) return {};
      return known("v:" + to_go_json(*value));
    }
    case 'k': {
      const std::optional<Json> keys = parse_value(text);
      if (!keys || !keys->is_object()) return {};
      return known(key_element(keys->get_object()));
    }
    default:
      return {ElementKind::Unknown, {}};
  }
}

std::string describe_element(std::string_view element) {
  const std::string_view text = element.substr(2);
  switch (element[0]) {
    case 'f':
      return std::string(".").append(text);
    case 'v':
      return "[=" + base::to_canonical(base::parse_json(text)) + "]";
    case 'k': {
      std::string out = "[";
      const Json keys = base::parse_json(text);
      for (const auto& key : keys.as_object()) {
        if (out.size() > 1) out.push_back(',');
        out.append(key.key()).append("=").append(base::to_canonical(key.value()));
      }
      return out + "]";
    }
    default:
      return std::string("[").append(text).append("]");
  }
}

}  // namespace berth::resources
