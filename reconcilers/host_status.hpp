// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/clock.hpp"
#include "docker/engines.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

// From what is declared of a Host and what its engine says to its status. Pure. `engine` is null for a Host whose
// transport is not served. A Host of which nothing is known yet keeps the status that it has.
schemas::HostStatus host_status(const schemas::Host& host, const docker::EngineState* engine, base::WallTime now);

}  // namespace berth::reconcilers
