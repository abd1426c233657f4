// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what is declared of a Registry and what it answered to its status. Pure; each case is a file in
// tests/golden/registry/.
#include <chrono>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "docker/registry_probe.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

struct RegistryFinding {
  docker::RegistryAnswer answer;
  std::optional<std::string> no_login;  // why there are no credentials to ask with, though spec has a reference
};

schemas::RegistryStatus registry_status(const schemas::Registry& registry, const RegistryFinding& finding,
                                        base::WallTime now);

// When to ask again though nothing changed: what may pass by itself is asked for later and later, what stands now and
// then.
std::chrono::milliseconds next_probe(const RegistryFinding& finding, unsigned failures);

}  // namespace berth::reconcilers
