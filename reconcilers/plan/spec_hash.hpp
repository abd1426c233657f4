// SPDX-License-Identifier: Apache-2.0
#pragma once
// The spec hash says whether a container on the engine was made from this spec. h1 is frozen: a released hash must
// come out the same for ever, or an upgrade would restart every container. A field that is added later may only
// enter when it is set. Never in it: host, names, resources, restart policy, networks, desired state, suspend,
// update, onUnhealthy, deletionPolicy, imagePullPolicy, registryRef; those are compared with the engine, or are
// Berth's own. Content of Secrets and ConfigMaps enters as an HMAC, so that a label never gives it away.
#include <string>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "reconcilers/plan/container_inputs.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

// What h1 hashes: fields that only a create can set, in one spelling ("1m" is "60s"), defaults left out.
base::Json canonical_h1(const schemas::ContainerSpec& spec, const ContainerInputs& inputs, const base::Key32& key);

// "h1:" and 64 hex digits.
std::string spec_hash(const schemas::ContainerSpec& spec, const ContainerInputs& inputs, const base::Key32& key);

}  // namespace berth::reconcilers
