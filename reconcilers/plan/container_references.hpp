// SPDX-License-Identifier: Apache-2.0
#pragma once
// The Networks and Volumes that a Container refers to, as the engine knows them. A reference is waited for until its
// object says what there is on the engine.
#include <string>
#include <vector>

#include "docker/engines.hpp"
#include "reconcilers/pass/names.hpp"
#include "resources/resources.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

struct ContainerReferences {
  // The spec as the spec hash takes it: references as declared, and the names of volumes that were named by hand.
  schemas::ContainerSpec hashed;
  struct Use {
    std::string field;
    std::string object;  // 'Network "front"'
    std::string id;      // the network's id, or the volume's name
  };
  std::vector<Use> networks;
  std::vector<Use> volumes;
  // A Network that is about to be made, as far as its object tells.
  struct Coming {
    std::string missing;    // as `missing` says it
    std::string name;       // the Network's
    std::string on_engine;  // what it will be there
  };
  std::vector<Coming> coming;
};

// Puts the engine's names in their places in `spec`: name of a network, source of a mount. Adds to `missing`:
// 'spec.networks[0].networkRef: networks.berth.dev "front" not found', in the spec's order.
ContainerReferences resolve_references(const resources::Resources& resources, const std::string& ns,
                                       schemas::ContainerSpec& spec, std::vector<std::string>& missing);
// What the engine has not, whatever the objects say; as `missing` is.
std::vector<std::string> absent_from(const docker::Snapshot& snapshot, const ContainerReferences& references);
// Whether there is a network of that name which is not that of Network `owner`: a container that is made by the name
// would be on it.
bool is_anothers(const docker::Snapshot& snapshot, const std::string& on_engine, const OwnerName& owner,
                 std::string_view instance);

}  // namespace berth::reconcilers
