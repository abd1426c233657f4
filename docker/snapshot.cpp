// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "docker/engines.hpp"
#include "docker/image_reference.hpp"

namespace berth::docker {

using base::string_at;

namespace {

bool holds_string(const Json& image, const char* field, std::string_view wanted) {
  const Json* list = base::find_path(image, field);
  if (list == nullptr || !list->is_array()) return false;
  const auto& strings = list->as_array();
  return std::any_of(strings.begin(), strings.end(), [wanted](const Json& entry) {
    return entry.is_string() && std::string_view(entry.as_string()) == wanted;
  });
}

}  // namespace

std::vector<const ContainerView*> Snapshot::containers_with(const std::map<std::string, std::string>& labels) const {
  std::vector<const ContainerView*> found;
  for (const auto& [id, view] : containers) {
    const bool fits = std::all_of(labels.begin(), labels.end(), [&labels_of = view->labels](const auto& wanted) {
      const auto label = labels_of.find(wanted.first);
      return label != labels_of.end() && label->second == wanted.second;
    });
    if (fits) found.push_back(view.get());
  }
  return found;
}

const Json* Snapshot::network_by_name(std::string_view name) const {
  for (const auto& [id, network] : networks) {
    if (string_at(network, "Name") == name) return &network;
  }
  return nullptr;
}

const Json* Snapshot::image(std::string_view reference) const {
  if (const auto by_id = images.find(std::string(reference)); by_id != images.end()) return &by_id->second;
  const ImageReference parts = parse_image_reference(reference);
  const std::string repository = familiar_repository(parts.repository);
  const std::string tagged = repository + ":" + parts.tag;
  const std::string pinned = repository + "@" + parts.digest;
  for (const auto& [id, entry] : images) {
    const bool fits =
        parts.digest.empty() ? holds_string(entry, "RepoTags", tagged) : holds_string(entry, "RepoDigests", pinned);
    if (fits) return &entry;
  }
  return nullptr;
}

}  // namespace berth::docker
