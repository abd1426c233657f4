// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a spec to the Engine's own words.
#include <string>
#include <vector>

#include "docker/client.hpp"
#include "reconcilers/pass/names.hpp"
#include "reconcilers/plan/container_inputs.hpp"
#include "reconcilers/plan/kept_volumes.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

struct BodyOptions {
  std::string image;                // the reference, or the id where the reference has moved on
  Labels labels;                    // ours; the spec's are beside them
  std::vector<KeptVolume> volumes;  // taken over, beside spec.mounts
  docker::ApiVersion api;
};

// The body of POST /containers/create. It holds secret values: it goes to the engine and nowhere else.
base::Json create_body(const schemas::ContainerSpec& spec, const ContainerInputs& inputs, const BodyOptions& options);

// {"Name": "always"}: the engine's restart policy for what is declared; "no" for what shall not run.
base::Json restart_policy(const schemas::ContainerSpec& spec);
// HostConfig's members for spec.resources; only those that are set.
base::JsonObject resource_limits(const schemas::ContainerSpec& spec);
// EndpointSettings for one of spec.networks.
base::Json endpoint_settings(const schemas::ContainerNetwork& network);

}  // namespace berth::reconcilers
