// SPDX-License-Identifier: Apache-2.0
#pragma once
// The parts of "registry:5000/team/app:1.2@sha256:...".
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace berth::docker {

struct ImageReference {
  std::string repository;  // as written, without tag and digest
  std::string tag;         // "latest" where there is neither tag nor digest
  std::string digest;      // "sha256:...", "" for none; it wins over the tag

  const std::string& tag_or_digest() const { return digest.empty() ? tag : digest; }
};

ImageReference parse_image_reference(std::string_view text);

// The name that engines list an image of Docker Hub under: "docker.io/library/nginx" is "nginx".
std::string familiar_repository(std::string_view repository);

// The registry that engines pull a reference from: "docker.io" for "nginx" and "team/app", else the host and port as
// written. https://github.com/distribution/reference/blob/main/normalize.go
std::string registry_of(std::string_view reference);

// A registry by the one name that registry_of() has for it: Docker Hub has several, and the keys of a Docker config
// may be URLs. In lower case.
std::string registry_name(std::string_view server);

// Whether the image, as the engine's inspect has it, runs on "linux", "linux/arm64" or "linux/arm/v7".
bool is_for_platform(const base::Json& image, std::string_view platform);

}  // namespace berth::docker
