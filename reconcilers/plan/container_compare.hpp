// SPDX-License-Identifier: Apache-2.0
#pragma once
// What can be changed on a container that stands: compared with the engine on each pass, not by the spec hash.
#include <map>
#include <string>
#include <vector>

#include "reconcilers/plan/observed.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

// The body of POST /containers/{id}/update that brings limits and restart policy to what is declared; empty when
// they are so.
base::JsonObject update_for(const schemas::ContainerSpec& spec, const Observed& seen);
// Limits that the engine holds and the spec does not name. The engine reads 0 as "leave it", so only a replace
// takes them away.
std::vector<std::string> surplus_limits(const schemas::ContainerSpec& spec, const Observed& seen);
// The engine's restart policy is `no`.
bool policy_is_no(const Observed& seen);

struct NetworkChange {
  enum class Type { Connect, Disconnect } type = Type::Connect;
  std::string network;
  base::Json endpoint;  // for Connect
};
// In order: what is missing first, so that the container is never alone, then what is too many.
// `networks`: name to id, as they are on the engine.
std::vector<NetworkChange> network_changes(const schemas::ContainerSpec& spec, const Observed& seen,
                                           const std::multimap<std::string, std::string>& networks);
// The same spec with no alias on any network.
schemas::ContainerSpec without_aliases(schemas::ContainerSpec spec);
// The engine's networks that the spec names.
std::vector<std::string> wanted_networks(const schemas::ContainerSpec& spec);

}  // namespace berth::reconcilers
