// SPDX-License-Identifier: Apache-2.0
#pragma once
// An engine behind SSH. How its socket is reached is found out once for each session, and kept as long as that.
#include <memory>
#include <string>

#include "docker/connector.hpp"
#include "docker/ssh_hub.hpp"

namespace berth::docker {

enum class SshTransport { Auto, Streamlocal, DialStdio, OpenSsh };
// From the spec's word; Auto for one that is not known.
SshTransport ssh_transport_named(std::string_view name);

inline constexpr std::string_view kDefaultEngineSocket = "/var/run/docker.sock";

struct SshTarget {
  SshChain chain;
  SshTransport transport = SshTransport::Auto;
  std::string engine_socket{kDefaultEngineSocket};
};

// `hub` outlives it.
std::unique_ptr<Connector> ssh_connector(SshHub& hub, SshTarget target);

}  // namespace berth::docker
