// SPDX-License-Identifier: Apache-2.0
#pragma once
// How values of a schema are owned: whole, by member, or by item.
#include <string_view>

#include "schemas/schema.hpp"

namespace berth::resources {

enum class FieldForm {
  Leaf,    // scalars, atomic lists and maps
  Fields,  // members, each on its own
  Items,   // lists of type set and map
};

// `value` decides where the schema takes anything: objects by member, all else whole.
FieldForm form_of(const schemas::Schema& schema, const base::Json& value);

// Of a member of something whose form is Fields; nullptr for one that is not declared.
const schemas::Schema* member_schema(const schemas::Schema& schema, std::string_view name);

// The value's members, or nullptr; the same for items.
const base::JsonObject* members_of(const base::Json* value);
const base::JsonArray* items_of(const base::Json* value);

}  // namespace berth::resources
