// SPDX-License-Identifier: Apache-2.0
#include "schemas/schema.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <numeric>

namespace berth::schemas {

Schema::Schema() = default;
Schema::~Schema() = default;

const Schema* Schema::find(std::string_view name) const {
  const auto before = [this](std::size_t index, std::string_view wanted) { return properties[index].name < wanted; };
  const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name, before);
  if (at == by_name_.end() || properties[*at].name != name) return nullptr;
  return properties[*at].schema.get();
}

}  // namespace berth::schemas
