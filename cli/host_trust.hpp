// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "cli/session.hpp"

namespace berth::cli {

struct HostTrustOptions {
  std::string name;
  std::string known_hosts;  // a file
  bool replace = false;
  bool yes = false;
};
// Pins host keys of a Host behind SSH, after it has shown them.
Task<int> run_host_trust(Session& session, HostTrustOptions options);

}  // namespace berth::cli
