// SPDX-License-Identifier: Apache-2.0
#pragma once
// Containers that were taken over as they ran: status.adopted stands for the labels that they do not have.
#include <map>
#include <string>
#include <vector>

#include "reconcilers/pass/adopted.hpp"
#include "reconcilers/plan/container_body.hpp"

namespace berth::reconcilers {

// The token of the annotation that has not been acted on, "" for none.
std::string pending_adoption(const schemas::Container& container);

struct AdoptionInput {
  const schemas::Container& container;  // with the engine's names where it refers to objects
  const ContainerInputs& inputs;
  std::string engine_name;
  std::string image_here;  // the id that spec.image has on the engine, "" for none
  const docker::ContainerView& adoptee;
  base::Json image;  // the inspect of the adoptee's
  docker::ApiVersion api;
  const std::multimap<std::string, std::string>& networks;
  std::string name_holder;  // another that has the engine name, "" for none
};
// The fields in which the spec is not what runs; empty when it may be adopted. No values: they may be secret.
std::vector<std::string> adoption_differences(const AdoptionInput& input);

}  // namespace berth::reconcilers
