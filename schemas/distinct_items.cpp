// SPDX-License-Identifier: Apache-2.0
#include "schemas/distinct_items.hpp"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <functional>

namespace berth::schemas {

using base::Json;
using base::JsonArray;
using base::JsonObject;

namespace {

// Short lists are compared pair by pair, without an allocation; long ones by sorting their keys.
constexpr std::size_t kShort = 16;

// Calls `found` with the index of the second of some equal items, in order, as upstream does. `same` compares two
// items; `key` gives text that is equal exactly when they are, or "" for an item that is not compared.
template <class Same, class Key, class Found>
void find_repeats(const JsonArray& array, Same same, Key key, Found found) {
  if (array.size() <= kShort) {
    for (std::size_t i = 1; i < array.size(); ++i) {
      const auto before = array.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::count_if(array.begin(), before, [&](const Json& item) { return same(*before, item); }) == 1) found(i);
    }
    return;
  }
  std::vector<std::pair<std::string, std::size_t>> keys;
  for (std::size_t i = 0; i < array.size(); ++i) {
    std::string text = key(array[i]);
    if (!text.empty()) keys.emplace_back(std::move(text), i);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<std::size_t> repeats;
  for (std::size_t i = 1; i < keys.size(); ++i) {
    const bool third = i > 1 && keys[i].first == keys[i - 2].first;
    if (keys[i].first == keys[i - 1].first && !third) repeats.push_back(keys[i].second);
  }
  std::sort(repeats.begin(), repeats.end());
  for (const std::size_t index : repeats) found(index);
}

const Json* field_of(const Json& item, const std::string& name) {
  return item.is_object() ? item.get_object().if_contains(name) : nullptr;
}

bool both_equal(const Json* a, const Json* b) { return a && b ? base::json_equal(*a, *b) : a == b; }

Json keys_of(const Json& item, const std::vector<std::string>& names) {
  JsonObject keys;
  for (const std::string& name : names) {
    if (const Json* value = field_of(item, name)) keys.emplace(name, *value);
  }
  return keys;
}

// Items without a key are equal in it, and none is compared beside what is no item; upstream's rules, both.
void check_keys(const Schema& schema, const JsonArray& array, const Place& at, Causes& causes) {
  const auto may_stand = [](const Json& item) { return item.is_object() || item.is_null(); };
  if (!std::all_of(array.begin(), array.end(), may_stand)) return;
  const std::vector<std::string>& names = schema.list_keys;
  // Found once, not for each pair: they alone tell most items apart.
  boost::container::small_vector<const Json*, kShort> firsts;
  for (const Json& item : array) firsts.push_back(field_of(item, names[0]));
  const auto first_of = [&](const Json& item) { return firsts[static_cast<std::size_t>(&item - array.data())]; };
  const auto same = [&](const Json& a, const Json& b) {
    return both_equal(first_of(a), first_of(b)) &&
           std::all_of(names.begin() + 1, names.end(),
                       [&](const std::string& name) { return both_equal(field_of(a, name), field_of(b, name)); });
  };
  const auto key = [&](const Json& item) { return base::to_canonical(keys_of(item, names)); };
  find_repeats(array, same, key, [&](std::size_t i) { causes.duplicate(at.item(i).text(), keys_of(array[i], names)); });
}

Json group_of(const Json& item, const std::vector<ValuePath>& paths) {
  JsonObject group;
  for (const ValuePath& path : paths) {
    if (const Json* value = path.first(item)) group.emplace(path.text(), *value);
  }
  return group;
}

void check_group(const std::vector<ValuePath>& paths, const JsonArray& array, const Place& at, Causes& causes) {
  const auto same = [&](const Json& a, const Json& b) {
    return paths[0].first(a) && std::all_of(paths.begin(), paths.end(), [&](const ValuePath& path) {
             return both_equal(path.first(a), path.first(b));
           });
  };
  const auto key = [&](const Json& item) {
    return paths[0].first(item) ? base::to_canonical(group_of(item, paths)) : std::string();
  };
  find_repeats(array, same, key,
               [&](std::size_t i) { causes.duplicate(at.item(i).text(), group_of(array[i], paths)); });
}

}  // namespace

void check_distinct(const Schema& schema, const JsonArray& array, const Place& at, Causes& causes) {
  if (schema.list_type == "map") check_keys(schema, array, at, causes);
  if (schema.list_type == "set") {
    const auto same = [](const Json& a, const Json& b) { return base::json_equal(a, b); };
    const auto key = [](const Json& item) { return base::to_canonical(item); };
    find_repeats(array, same, key, [&](std::size_t i) { causes.duplicate(at.item(i).text(), array[i]); });
  }
  for (const auto& group : schema.unique) check_group(group, array, at, causes);
}

}  // namespace berth::schemas
