// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the server writes into metadata and status. Pure functions over an object whose metadata is an object.
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/status.hpp"
#include "schemas/catalog.hpp"

namespace berth::resources {

using base::Json;
using schemas::Kind;

// A null label or annotation is the empty string. managedFields and selfLink are not the user's to write.
void normalise_metadata(Json& object);

// A new object: whatever the user put into system fields is replaced; uid, creationTimestamp, generation 1.
// `ns` "" for cluster-scoped kinds.
void stamp_new(Json& object, std::string_view ns, base::WallTime now);
// Adds the kind's own.
void stamp_finalizers(const Kind& kind, Json& object);
// Of our own kinds with a status: observedGeneration 0 and Ready=Unknown, so that nobody reads a fresh object as
// healthy. Any other status that the user sent is dropped.
void stamp_new_status(const Kind& kind, Json& object, base::WallTime now);
// "<first 58 bytes of base><suffix>"; `suffix` has 5 characters.
std::string generated_name(std::string_view base, std::string_view suffix);
// 5 characters that spell no word.
std::string random_suffix();

// System fields of an update as they were.
void carry_over_metadata(const Json& before, Json& object);
// An update may not ask for deletion. (What it may not do once deletion is under way, the schemas know.)
std::vector<base::Cause> check_deletion_fields(const Json& before, const Json& object);
// generation + 1 when anything outside metadata and status differs.
void raise_generation(const Json& before, Json& object);

// Whether nothing but metadata.managedFields and the version differs.
bool same_but_managed_fields(const Json& a, const Json& b);

bool is_deleting(const Json& object);
bool has_finalizers(const Json& object);
// deletionTimestamp, no grace, generation + 1.
void mark_deleting(Json& object, base::WallTime now);

}  // namespace berth::resources
