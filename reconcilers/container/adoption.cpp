// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/container/adoption.hpp"

#include "docker/image_reference.hpp"
#include "reconcilers/container/container_definition.hpp"
#include "reconcilers/plan/container_compare.hpp"

namespace berth::reconcilers {
namespace {

constexpr std::size_t kShortId = 12;

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

}  // namespace

std::string pending_adoption(const schemas::Container& container) {
  const auto found = container.metadata.annotations.find(kAdoptAnnotation);
  if (found == container.metadata.annotations.end()) return "";
  const auto& handled = container.status.handled;
  const bool done = handled && handled->adopt && handled->adopt->token == found->second;
  return done ? "" : found->second;
}

const docker::ContainerView* find_adoptee(const docker::Snapshot& snapshot, const std::string& token) {
  if (token.size() < kShortId) return nullptr;
  const auto from = snapshot.containers.lower_bound(token);
  if (from == snapshot.containers.end() || !from->first.starts_with(token)) return nullptr;
  const auto after = std::next(from);
  const bool several = after != snapshot.containers.end() && after->first.starts_with(token);
  return several ? nullptr : from->second.get();
}

std::map<std::string, OwnerName> adopted_on(const resources::Resources& resources, const std::string& host) {
  static const schemas::Kind& kKind = schemas::Catalog::instance().by_name("Container");
  std::map<std::string, OwnerName> adopted;
  for (const auto& name : resources.referrers(kKind, "Host", "", host)) {
    const auto object = resources.find(kKind, name.ns, name.name);
    // Few are, and a parse of each object would be dear.
    if (!object || object->bytes->find("\"adopted\":") == std::string_view::npos) continue;
    const base::Json value = object->parse();
    const std::string_view id = base::string_at(value, "status.adopted");
    if (!id.empty()) adopted.emplace(id, OwnerName{name.ns, name.name});
  }
  return adopted;
}

std::vector<std::string> adoption_differences(const AdoptionInput& input) {
  BodyOptions options;
  options.image = input.container.spec.image;
  options.api = input.api;
  const base::Json body = create_body(input.container.spec, input.inputs, options);
  const base::Json wanted = definition_of(inspect_of(body, input.image), input.image);
  std::vector<std::string> fields = differing_fields(definition_of(input.adoptee.inspect(), input.image), wanted);
  if (!same_image(input)) fields.insert(fields.begin(), "spec.image");
  if (input.adoptee.name != input.engine_name) fields.insert(fields.begin(), "spec.containerName");
  // What is in a container's file system cannot be told from outside.
  if (!input.inputs.files.empty()) fields.push_back("spec.files");
  if (!network_changes(input.container.spec, observe(input.adoptee), input.networks).empty()) {
    fields.push_back("spec.networks");
  }
  return fields;
}

}  // namespace berth::reconcilers
