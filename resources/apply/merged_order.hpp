// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a strategic merge patch tells the items of a list apart, and puts them in order.
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace berth::resources {

// What makes two items the same: their merge key, or of a list of scalars the item itself.
class ItemKey {
 public:
  ItemKey() = default;
  explicit ItemKey(std::string_view name) : name_(name) {}

  const std::string& name() const { return name_; }
  // The item's own; throws Invalid when it has none.
  const base::Json& of(const base::Json& item) const;
  // Both must have one.
  bool same(const base::Json& a, const base::Json& b) const { return base::json_equal(of(a), of(b)); }
  // An item that stands may lack one.
  bool names(const base::Json& standing, const base::Json& item) const;

 private:
  std::string name_;
};

// `merged` with the items that `wanted` names in its order, and the rest, which nobody named, between them as near as
// can be to where they stood in `before`.
base::JsonArray in_order(base::JsonArray merged, const base::JsonArray& wanted, const base::JsonArray& before,
                         const ItemKey& key);

}  // namespace berth::resources
