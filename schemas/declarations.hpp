// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace berth::schemas {

// The YAML files of this folder as one JSON text, embedded at build time:
// {"kinds": [CustomResourceDefinition...], "object_meta": schema, "not_served": {kind: [row...]}}.
std::string_view declarations();

}  // namespace berth::schemas
