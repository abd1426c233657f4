// SPDX-License-Identifier: Apache-2.0
#include "docker/image_reference.hpp"

#include <algorithm>

namespace berth::docker {
namespace {

constexpr std::string_view kHub = "docker.io";

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

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

std::string registry_of(std::string_view reference) {
  const std::size_t slash = reference.find('/');
  if (slash == std::string_view::npos) return std::string(kHub);
  const std::string_view first = reference.substr(0, slash);
  const bool host = first.find_first_of(".:[") != std::string_view::npos || first == "localhost" ||
                    std::ranges::any_of(first, is_upper);
  return host ? registry_name(first) : std::string(kHub);
}

std::string registry_name(std::string_view server) {
  if (const std::size_t scheme = server.find("://"); scheme != std::string_view::npos) server.remove_prefix(scheme + 3);
  std::string name(server.substr(0, server.find('/')));
  std::ranges::transform(name, name.begin(), [](char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; });
  const bool hub = name == "index.docker.io" || name == "registry-1.docker.io";
  return hub ? std::string(kHub) : name;
}

bool is_for_platform(const base::Json& image, std::string_view platform) {
  const std::string os(base::string_at(image, "Os"));
  const std::string found = os + "/" + std::string(base::string_at(image, "Architecture"));
  return platform == os || platform == found || platform.starts_with(found + "/");
}

}  // namespace berth::docker
