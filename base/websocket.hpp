// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's end of a WebSocket that mostly speaks: text goes out; what comes in is read for pings and the end.
// RFC 6455. One loop.
#include <string>
#include <string_view>

#include "base/http.hpp"

namespace berth::base {

// Whether the request asks for one.
bool asks_for_websocket(const HttpRequest& request);
// The 101 to it. Throws BadRequest for a handshake that is none. Takes the first subprotocol that is offered.
HttpResponse accept_websocket(const HttpRequest& request);

class WebSocket {
 public:
  // After the 101 went out. The stream outlives it.
  WebSocket(Stream& stream, Executor loop) : stream_(stream), free_(std::move(loop)) {}

  // Each line, without its end, is one text message. Throws as the stream does.
  Task<void> write_lines(std::string_view lines);
  // Answers pings until the peer says goodbye, goes away, or breaks the protocol.
  Task<void> wait_for_hangup();
  // Says goodbye.
  Task<void> finish();

 private:
  // One at a time: a pong may have to wait for a message.
  Task<void> write(std::string bytes);
  // The header and what is needed of the payload of the next frame from the peer.
  struct Incoming {
    int opcode = 0;
    std::string payload;
  };
  Task<Incoming> read_frame();
  Task<std::string> read(std::size_t size);

  Stream& stream_;
  Signal free_;
  bool writing_ = false;
  std::string received_;
};

}  // namespace berth::base
