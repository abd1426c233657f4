// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/merged_order.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/status.hpp"

namespace berth::resources {
namespace {

using base::Json;
using base::JsonArray;

// One item, and where it stands in the two orders; nothing where it is not named.
struct Placed {
  Json item;
  std::optional<std::size_t> wanted;
  std::optional<std::size_t> before;
};

std::optional<std::size_t> place_in(const JsonArray& order, const Json& item, const ItemKey& key) {
  const auto found = std::ranges::find_if(order, [&](const Json& each) { return key.same(each, item); });
  if (found == order.end()) return std::nullopt;
  return static_cast<std::size_t>(found - order.begin());
}

using Place = std::optional<std::size_t> Placed::*;

// Upstream sorts by insertion, and an item of unknown place goes before all that it meets.
void sort_by(std::vector<Placed>& items, Place place) {
  for (std::size_t next = 1; next < items.size(); ++next) {
    for (std::size_t at = next; at > 0; --at) {
      const auto& left = items[at - 1].*place;
      const auto& right = items[at].*place;
      if (left && right && *left <= *right) break;
      std::swap(items[at - 1], items[at]);
    }
  }
}

}  // namespace

const Json& ItemKey::of(const Json& item) const {
  if (name_.empty()) return item;
  const Json* value = item.is_object() ? item.get_object().if_contains(name_) : nullptr;
  if (value != nullptr) return *value;
  throw base::Status(base::Reason::Invalid,
                     "map: " + base::to_canonical(item) + " does not contain declared merge key: " + name_);
}

bool ItemKey::names(const Json& standing, const Json& item) const {
  if (name_.empty()) return base::json_equal(standing, item);
  const Json* value = standing.is_object() ? standing.get_object().if_contains(name_) : nullptr;
  return value != nullptr && base::json_equal(*value, of(item));
}

JsonArray in_order(JsonArray merged, const JsonArray& wanted, const JsonArray& before, const ItemKey& key) {
  std::vector<Placed> named;
  std::vector<Placed> rest;
  for (Json& item : merged) {
    key.of(item);
    Placed placed{std::move(item), {}, {}};
    placed.wanted = place_in(wanted, placed.item, key);
    placed.before = place_in(before, placed.item, key);
    (placed.wanted ? named : rest).push_back(std::move(placed));
  }
  sort_by(named, &Placed::wanted);
  sort_by(rest, &Placed::before);
  JsonArray ordered;
  auto next = named.begin();
  for (Placed& item : rest) {
    // A named item goes first unless both stood, and this one stood before it.
    while (next != named.end() && !(item.before && next->before && *item.before < *next->before)) {
      ordered.push_back(std::move((next++)->item));
    }
    ordered.push_back(std::move(item.item));
  }
  for (; next != named.end(); ++next) ordered.push_back(std::move(next->item));
  return ordered;
}

}  // namespace berth::resources
