// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "compose/shape.hpp"
#include "compose/sources.hpp"

namespace berth::compose {

// What is implied, written out: the default network, the names of networks, volumes, configs and secrets, dependencies
// through links, shared namespaces and volumes_from, values that the project's variables give.
void normalize(Json& model, const std::string& project, const Environment& env);

}  // namespace berth::compose
