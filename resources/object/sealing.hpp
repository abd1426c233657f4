// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is secret in an object is sealed before it reaches the store and opened per read: each field that its schema
// marks x-berth-sealed, and the annotation in which kubectl keeps a copy of the whole object. A box is bound to the
// storage key, the uid and the field.
#include "base/json.hpp"
#include "schemas/catalog.hpp"
#include "store/key_ring.hpp"

namespace berth::resources {

bool has_sealed_fields(const schemas::Kind& kind);

// Whether a stored object holds a box that another key than the one that writes has sealed.
bool has_stale_box(const schemas::Kind& kind, const store::KeyRing& keys, base::Json& object);

// In place. `object` has its uid.
void seal_object(const schemas::Kind& kind, const store::KeyRing& keys, std::string_view key, base::Json& object);
// Throws InternalError when a box does not open.
void open_object(const schemas::Kind& kind, const store::KeyRing& keys, std::string_view key, base::Json& object);

}  // namespace berth::resources
