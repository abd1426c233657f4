// SPDX-License-Identifier: Apache-2.0
#include "schemas/schema.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace berth::schemas {

Schema::Schema() = default;
Schema::~Schema() = default;

const Schema* Schema::find(std::string_view name) const {
  const auto at =
      std::lower_bound(properties.begin(), properties.end(), name,
                       [](const Property& property, std::string_view wanted) { return property.name < wanted; });
  return at != properties.end() && at->name == name ? at->schema.get() : nullptr;
}

}  // namespace berth::schemas
