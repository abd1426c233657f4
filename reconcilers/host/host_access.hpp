// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what is declared of a Host to the connector that reaches it.
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "docker/connector.hpp"
#include "docker/ssh_hub.hpp"
#include "reconcilers/pass/verdict.hpp"
#include "resources/resources.hpp"
#include "schemas/kinds.gen.hpp"

namespace berth::reconcilers {

struct HostAccess {
  // Differs when anything does that a connection is made from, the content of Secrets included. Not readable.
  std::string id;
  std::function<std::unique_ptr<docker::Connector>()> make;
  // Instead: why there is no way to it, until the spec changes.
  std::optional<Verdict> refused;
};

// Secrets are opened here to see whether they changed, and again each time a connection is made, never kept. Both
// `resources` and `hub` outlive the connector.
HostAccess host_access(const schemas::HostSpec& spec, const resources::Resources& resources, docker::SshHub& hub);

// Where in the spec the pinned keys of a server of the chain are: "spec.ssh.jumps[0].hostKeys".
std::string host_keys_field(const schemas::HostSpec& spec, std::size_t hop);

}  // namespace berth::reconcilers
