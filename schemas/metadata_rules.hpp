// SPDX-License-Identifier: Apache-2.0
#pragma once
// What metadata owes its kind, beyond its own schema.
#include "schemas/catalog.hpp"
#include "schemas/causes.hpp"

namespace berth::schemas {

// The name in the kind's form, a namespace exactly for a namespaced kind, at most one managing owner.
void check_metadata(const Kind& kind, const Json& object, Causes& causes);
// Name and namespace stay; nothing new holds an object that is being deleted.
void check_metadata_update(const Json& object, const Json& before, Causes& causes);

}  // namespace berth::schemas
