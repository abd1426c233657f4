// SPDX-License-Identifier: Apache-2.0
#include "docker/image_reference.hpp"

namespace berth::docker {

ImageReference parse_image_reference(std::string_view text) {
  ImageReference reference;
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    reference.digest = text.substr(at + 1);
    text = text.substr(0, at);
  }
  // A colon before the last slash belongs to the registry's port.
  const std::size_t slash = text.rfind('/');
  const std::size_t colon = text.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon != std::string_view::npos) {
    reference.tag = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  reference.repository = text;
  if (reference.tag.empty() && reference.digest.empty()) reference.tag = "latest";
  return reference;
}

std::string familiar_repository(std::string_view repository) {
  for (const std::string_view hub : {"docker.io/", "index.docker.io/"}) {
    if (!repository.starts_with(hub)) continue;
    repository.remove_prefix(hub.size());
    if (repository.starts_with("library/")) repository.remove_prefix(8);
    return std::string(repository);
  }
  return std::string(repository);
}

}  // namespace berth::docker
