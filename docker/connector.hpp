// SPDX-License-Identifier: Apache-2.0
#pragma once
// How to reach an engine: opens byte streams to its API socket. Unix here; SSH and TLS connectors join it later.
#include <functional>
#include <memory>
#include <string>

#include "base/stream.hpp"

namespace berth::docker {

class Connector {
 public:
  virtual ~Connector() = default;
  // A fresh stream to the Engine API. Throws ServiceUnavailable in the transport's own words, Timeout.
  virtual base::Task<base::StreamPtr> connect(std::chrono::steady_clock::duration limit) = 0;
  // "unix:///var/run/docker.sock": for conditions and logs.
  virtual std::string describe() const = 0;
};

std::unique_ptr<Connector> unix_connector(std::string path);

}  // namespace berth::docker
