// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a write may say in metadata.ownerReferences, beyond what the schema knows.
#include <optional>
#include <string>

#include "resources/body_rules.hpp"

namespace berth::resources {

// Takes repeated references out. Returns upstream's warning, which is another one for patches, when there were any.
std::optional<std::string> drop_repeated_owners(Json& object, Origin origin);

}  // namespace berth::resources
