// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <string>

namespace berth::resources {

// An engine action that must be on record before it happens. Nothing secret goes in.
struct EngineAction {
  std::string action;  // create, start, stop, kill, remove, rename, update, pull, connect, ...
  std::string host;
  std::string target;  // container name or id, image reference
  std::string kind;    // the object it is done for
  std::string ns;
  std::string name;
  std::string uid;
};
struct EngineOutcome {
  bool succeeded = false;
  std::string message;  // the engine's words when it failed
  std::chrono::milliseconds duration{0};
};

}  // namespace berth::resources
