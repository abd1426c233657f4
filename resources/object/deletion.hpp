// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a request to delete makes of an object. Pure functions over objects whose metadata is an object.
#include <string_view>

#include "base/json.hpp"
#include "schemas/catalog.hpp"

namespace berth::resources {

using base::Json;
using schemas::Kind;

// The garbage collector's own finalizers, upstream's names.
inline constexpr std::string_view kOrphanFinalizer = "orphan";                  // until dependents have let go
inline constexpr std::string_view kForegroundFinalizer = "foregroundDeletion";  // until blocking dependents are gone
// In a Namespace's spec.finalizers: until everything in it is gone.
inline constexpr std::string_view kNamespaceFinalizer = "kubernetes";

bool has_finalizer(const Json& object, std::string_view name);
// Takes it out of metadata.finalizers; false when it was not there.
bool erase_finalizer(Json& object, std::string_view name);

// Something has still to happen before the object may go: its finalizers, or of a Namespace those of its spec.
bool is_held(const Kind& kind, const Json& object);

// Sets and takes away the garbage collector's finalizers as propagationPolicy asks: Background has neither, Orphan
// and Foreground each their own, and "" leaves the ones that are there.
void set_propagation(Json& object, std::string_view policy);

}  // namespace berth::resources
