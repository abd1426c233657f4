// SPDX-License-Identifier: Apache-2.0
#pragma once
// An engine that the suite runs on: fakes in the unit run, a real dockerd in the end-to-end run. The suite knows
// its socket and an image with sh and sleep, and nothing else.
#include <memory>
#include <string>
#include <vector>

namespace berth::engine_suite {

class EngineUnderTest {
 public:
  virtual ~EngineUnderTest() = default;
  virtual std::string socket_path() const = 0;
  virtual std::string image() const = 0;
};

// The names of the engines of this binary, and the engine of a name. An engine may live for many tests; it throws
// when it cannot be started.
std::vector<std::string> engine_names();
std::shared_ptr<EngineUnderTest> engine_named(const std::string& name);

}  // namespace berth::engine_suite
