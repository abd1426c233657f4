// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which containers use a network or a volume, running or not: names, sorted.
#include <string>
#include <vector>

#include "docker/engines.hpp"

namespace berth::reconcilers {

std::vector<std::string> users_of_network(const docker::Snapshot& snapshot, const std::string& id,
                                          const std::string& name);
std::vector<std::string> users_of_volume(const docker::Snapshot& snapshot, const std::string& name);

}  // namespace berth::reconcilers
