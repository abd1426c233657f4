// SPDX-License-Identifier: Apache-2.0
#pragma once
// The policy of a namespace for the Networks and Volumes in it: neither is a way around what its containers may not.
// The table is in docs/security.md. Pure.
#include "resources/rights/workload_policy.hpp"

namespace berth::resources {

std::vector<std::string> violations(const WorkloadPolicy& policy, const schemas::NetworkSpec& spec);
std::vector<std::string> violations(const WorkloadPolicy& policy, const schemas::VolumeSpec& spec);

std::vector<EngineName> prefixed_names(const schemas::NetworkSpec& spec);
std::vector<EngineName> prefixed_names(const schemas::VolumeSpec& spec);

}  // namespace berth::resources
