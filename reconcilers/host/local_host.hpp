// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "resources/resources.hpp"

namespace berth::reconcilers {

// First start: Host `local` for the engine at `socket`, if there is a socket. True when it was made; one that is there
// already is left as it is.
base::Task<bool> make_local_host(resources::Resources& resources, std::string socket);

}  // namespace berth::reconcilers
