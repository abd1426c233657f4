// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a watch's frames go through: a chunked response, or a WebSocket on which each frame is a message.
#include <memory>
#include <string_view>

#include "api/exchange.hpp"

namespace berth::api {

class WatchPipe {
 public:
  virtual ~WatchPipe() = default;
  // The answer's head. Throws BadRequest for a handshake that is none.
  virtual base::Task<void> begin() = 0;
  // Whole frames, each with a new line at its end.
  virtual base::Task<void> write(std::string_view frames) = 0;
  // A clean end.
  virtual base::Task<void> end() = 0;
  // Returns when the peer wants no more or has gone away.
  virtual base::Task<void> wait_for_hangup() = 0;
};

// The one that the request asks for.
std::unique_ptr<WatchPipe> make_watch_pipe(Exchange& exchange, base::Executor loop);

}  // namespace berth::api
