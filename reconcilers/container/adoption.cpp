// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/adoption.hpp"

#include <algorithm>

#include "docker/image_reference.hpp"
#include "reconcilers/container/container_definition.hpp"
#include "reconcilers/plan/container_compare.hpp"

namespace berth::reconcilers {
namespace {

constexpr const char* kIdentity[] = {"com.docker.compose.project", "com.docker.compose.service",
                                     "com.docker.compose.container-number", "com.docker.compose.oneoff"};

bool same_reference(const std::string& one, std::string_view other) {
  const docker::ImageReference left = docker::parse_image_reference(one);
  const docker::ImageReference right = docker::parse_image_reference(std::string(other));
  return docker::familiar_repository(left.repository) == docker::familiar_repository(right.repository) &&
         left.tag_or_digest() == right.tag_or_digest();
}

bool same_image(const AdoptionInput& input) {
  const base::Json inspect = input.adoptee.inspect();
  if (input.image_here == base::string_at(inspect, "Image")) return true;
  return same_reference(input.container.spec.image, base::string_at(inspect, "Config.Image"));
}

// A container of compose's is what its labels say, whatever its name: versions differ in how they make names.
bool may_be_renamed(const AdoptionInput& input) {
  if (!input.name_holder.empty()) return false;
  return std::ranges::all_of(kIdentity, [&input](const char* label) {
    const auto declared = input.container.spec.labels.find(label);
    const auto has = input.adoptee.labels.find(label);
    return declared != input.container.spec.labels.end() && has != input.adoptee.labels.end() &&
           declared->second == has->second;
  });
}

}  // namespace

std::string pending_adoption(const schemas::Container& container) {
  const auto found = container.metadata.annotations.find(kAdoptAnnotation);
  if (found == container.metadata.annotations.end()) return "";
  const auto& handled = container.status.handled;
  const bool done = handled && handled->adopt && handled->adopt->token == found->second;
  return done ? "" : found->second;
}

std::vector<std::string> adoption_differences(const AdoptionInput& input) {
  BodyOptions options;
  options.image = input.container.spec.image;
  options.api = input.api;
  const base::Json body = create_body(input.container.spec, input.inputs, options);
  const base::Json wanted = definition_of(inspect_of(body, input.image), input.image);
  std::vector<std::string> fields = differing_fields(definition_of(input.adoptee.inspect(), input.image), wanted);
  if (!same_image(input)) fields.insert(fields.begin(), "spec.image");
  if (input.adoptee.name != input.engine_name && !may_be_renamed(input))
    fields.insert(fields.begin(), "spec.containerName");
  // What is in a container's file system cannot be told from outside.
  if (!input.inputs.files.empty()) fields.push_back("spec.files");
  if (!network_changes(input.container.spec, observe(input.adoptee), input.networks).empty()) {
    fields.push_back("spec.networks");
  }
  return fields;
}

}  // namespace berth::reconcilers
