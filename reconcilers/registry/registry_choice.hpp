// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which Registry's credentials pull an image.
#include <optional>
#include <string>

#include "resources/resources.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

struct RegistryChoice {
  std::string server;    // what the image is pulled from, "docker.io"
  std::string registry;  // "team/ghcr"; "" when there is none for the server
  std::string auth;      // X-Registry-Auth, "" for anybody
  std::string mark;      // differs when the credentials do

  // "with the credentials of Registry team/ghcr": for messages.
  std::string describe() const;
};

// That of `ref`, which has to be for the image's server, else the namespace's first by name that is for it, else
// berth-system's. Throws NotFound or BadRequest in a sentence for people when it is missing, is for another server, or
// has no credentials to open.
base::Task<RegistryChoice> choose_registry(const resources::Resources& resources, std::string ns, std::string image,
                                           std::optional<schemas::LocalRef> ref);

}  // namespace berth::reconcilers
