// SPDX-License-Identifier: Apache-2.0
#pragma once
// What upstream does to its own kinds at admission and no schema can say.
#include "resources/request/request.hpp"

namespace berth::resources {

// A Secret's stringData goes into data; a Namespace gets its name as a label, and its phase;
// a role binding its API groups. None of them has a metadata.generation: upstream counts it for kinds whose spec a
// controller follows, and of those only our own are served.
// After defaults, before validation.
void admit_built_in(const Kind& kind, Json& object);
// Only of a new object, before that: a Namespace gets its finalizer.
void begin_built_in(const Kind& kind, Json& object);
// What an update of the main resource leaves as it was: a Namespace's spec.finalizers.
void carry_over_built_in(const Kind& kind, const Json& before, Json& object);

}  // namespace berth::resources
