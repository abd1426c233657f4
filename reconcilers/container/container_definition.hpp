// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a container on an engine is, in the words of a Container's spec: what an inspect says, less what its image and
// the engine give by themselves. Adoption compares it with what is declared; `berth adopt` writes a manifest from it.
// Pure.
#include <string>
#include <vector>

#include "base/json.hpp"

namespace berth::reconcilers {

// `image` is the inspect of the container's image. What a spec has no word for stands under the inspect's own
// place, "HostConfig.<Field>". Networks are not in it. Lists whose order means nothing are sorted; a label of compose
// or of ours is left out.
base::Json definition_of(const base::Json& inspect, const base::Json& image);

// The inspect of a container that was created with `body` from `image`, as far as definition_of() reads it.
base::Json inspect_of(const base::Json& body, const base::Json& image);

// "spec.env[TOKEN]", "spec.ports", "HostConfig.AutoRemove": the places where two definitions differ; no values, because
// they may be secret.
std::vector<std::string> differing_fields(const base::Json& has, const base::Json& wanted);

// The networks of an inspect as spec.networks has them, the main one first; empty for the engine's default bridge.
base::JsonArray networks_of(const base::Json& inspect);

}  // namespace berth::reconcilers
