// SPDX-License-Identifier: Apache-2.0
#pragma once
// What upstream does to its own kinds at admission and no schema can say.
#include "resources/resources.hpp"

namespace berth::resources {

// A Secret's stringData goes into data; a Namespace gets its name as a label, its finalizer and its phase.
// After defaults, before validation.
void admit_built_in(const Kind& kind, Json& object);

bool is_namespace(const Kind& kind);
bool is_event(const Kind& kind);

}  // namespace berth::resources
