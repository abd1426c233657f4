// SPDX-License-Identifier: Apache-2.0
#pragma once
// When a server may be asked again. A broken link is tried at once, by the engine's own backoff. A server that turned
// us down for a reason of its own is left alone for a while, because servers ban who keeps asking; one that refused our
// credentials is asked again only with others, that is by another connector. Time is told to it.
#include <chrono>
#include <optional>

#include "docker/ssh_login.hpp"

namespace berth::docker {

class RetryHold {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Throws the last error while nobody may ask.
  void check(Time now) const {
    if (until_ && now < *until_) throw *error_;
  }
  void failed(const SshError& error, Time now);
  void forget();

 private:
  std::optional<SshError> error_;
  std::optional<Time> until_;
  int failures_ = 0;
};

}  // namespace berth::docker
