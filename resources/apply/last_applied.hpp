// SPDX-License-Identifier: Apache-2.0
#pragma once
// The annotation in which client-side apply keeps what it applied last.
#include <string_view>

#include "resources/apply/field_set.hpp"
#include "resources/request/request.hpp"

namespace berth::resources {

inline constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

// The fields that client-side apply set and that still are as it set them; none when there is no annotation, or it
// cannot be read as an object of the kind.
FieldSet last_applied_fields(const Kind& kind, const Json& live);

// Writes the configuration into the annotation where the object has one, and drops it where annotations would
// become too long.
void renew_last_applied(Json& object, const Json& configuration);

}  // namespace berth::resources
