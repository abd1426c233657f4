// SPDX-License-Identifier: Apache-2.0
#pragma once
// A container in the network, process or IPC namespace of another one: whose it is on the engine. The engine binds it
// to that container's id for good, so one that is made again leaves it behind, and one that is started again leaves it
// in a namespace that nobody else is in.
#include <optional>
#include <string>
#include <vector>

#include "docker/engines.hpp"
#include "reconcilers/plan/dependencies.hpp"
#include "reconcilers/plan/observed.hpp"

namespace berth::reconcilers {

struct SharedNamespace {
  std::string mode;                          // of HostConfig: NetworkMode, PidMode, IpcMode
  std::string holder;                        // the engine's id, "" while it is not there or does not run
  std::string name;                          // of the holder on the engine
  std::optional<base::WallTime> started_at;  // the holder's last start
};

// The names of containers that spec.pid and spec.ipc hold: they are the engine's own, whoever's they are.
std::vector<std::string> named_holders(const schemas::ContainerSpec& spec);
// What the spec shares, as the engine is. `network_holder` is the id of spec.containerRef's container, "" while it is
// not known. `dependencies` are told of those that do not run.
std::vector<SharedNamespace> read_shared_namespaces(const docker::Snapshot& snapshot,
                                                    const schemas::ContainerSpec& spec,
                                                    const std::string& network_holder,
                                                    std::vector<Dependency>& dependencies);
// `seen` was made to share what is to be shared now. What is not known cannot be told, and counts as so.
bool shares_as_declared(const std::vector<SharedNamespace>& shared, const Observed& seen);

}  // namespace berth::reconcilers
