// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/null_members.hpp"

namespace berth::resources {

void drop_nulls(base::Json& value) {
  if (base::JsonArray* array = value.if_array()) {
    for (base::Json& item : *array) drop_nulls(item);
  } else if (base::JsonObject* object = value.if_object()) {
    for (auto member = object->begin(); member != object->end();) {
      if (member->value().is_null()) {
        member = object->erase(member);
        continue;
      }
      drop_nulls(member->value());
      ++member;
    }
  }
}

}  // namespace berth::resources
