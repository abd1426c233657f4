// SPDX-License-Identifier: Apache-2.0
#pragma once
// Engines ignore what they do not know, and a dropped field can be unsafe (a hostIP that is no address publishes
// on every interface; a volume subpath below 1.45 mounts the whole volume). These checks refuse instead.
#include <optional>
#include <string>

#include "base/json.hpp"
#include "docker/client.hpp"

namespace berth::docker {

// Throws Invalid, naming the field, why, and from which version it works, when `body` of POST /containers/create
// holds something that an engine at `version` would drop or misread.
void check_create(const Json& body, ApiVersion version);

}  // namespace berth::docker
