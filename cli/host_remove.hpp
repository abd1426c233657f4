// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "cli/session.hpp"

namespace berth::cli {

struct HostRemoveOptions {
  std::string name;
  bool forget = false;
  bool wait = true;
  std::string timeout = "0s";
};
// Deletes a Host, and says what it waits for. With `forget` nothing is removed from its engine: every object on it
// gets deletionPolicy Orphan, each by a write of its own.
Task<int> run_host_remove(Session& session, HostRemoveOptions options);

}  // namespace berth::cli
