// SPDX-License-Identifier: Apache-2.0
#pragma once
// DeleteOptions.propagationPolicy.
#include <string>

namespace berth::resources {

// "", Background, Foreground and Orphan pass; for anything else throws Invalid, in upstream's words.
void check_propagation(const std::string& policy);

}  // namespace berth::resources
