// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "base/clock.hpp"
#include "docker/engines.hpp"
#include "reconcilers/pass/verdict.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

// From what is declared of a Host and what its engine says to its status. Pure. A Host of which nothing is known yet
// keeps the status that it has.
schemas::HostStatus host_status(const schemas::Host& host, const docker::EngineState& engine, base::WallTime now);

// The status of a Host to which there is no way as it is declared.
schemas::HostStatus refused_host_status(const schemas::Host& host, const Verdict& refusal, base::WallTime now);

// The same with the condition InUse, or without it.
schemas::HostStatus with_use(schemas::HostStatus status, const schemas::Host& host,
                             const std::optional<Verdict>& in_use, base::WallTime now);

}  // namespace berth::reconcilers
