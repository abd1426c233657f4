// SPDX-License-Identifier: Apache-2.0
#pragma once
// The credentials of one Registry, opened for one probe or one pull.
#include <string>

#include "docker/registry_probe.hpp"
#include "resources/resources.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

// system:controller:registry
resources::Caller registry_caller();

struct RegistryLogin {
  using Credential = docker::RegistryAccess::Credential;
  Credential credential = Credential::None;
  std::string username;
  resources::SecretValue secret{""};
};

// Throws NotFound for a Secret or a key that is missing, BadRequest for a Docker config that has nothing for the
// server; both name the field of spec.
RegistryLogin open_login(const resources::Resources& resources, const schemas::Registry& registry);

// The value of X-Registry-Auth; "" for anybody.
// https://docs.docker.com/reference/api/engine/version/v1.41/#section/Authentication
std::string auth_header(const RegistryLogin& login, const std::string& server);

// Differs when the login does, and tells nothing of it.
std::string login_mark(const RegistryLogin& login, const base::Key32& key);

}  // namespace berth::reconcilers
