// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's end of one HTTP/1.1 connection: reads requests under limits, writes responses in order. Pipelined
// requests are answered one after the other. It knows nothing of routes.
#include <memory>

#include "base/http.hpp"

namespace berth::base {

struct HttpServerLimits {
  std::size_t max_header_bytes = 64 * 1024;
  std::size_t max_body_bytes = 3 * 1024 * 1024;
  std::chrono::milliseconds header_timeout{32'000};  // from the first byte of a request to the end of its head
  std::chrono::milliseconds body_timeout{60'000};
  std::chrono::milliseconds idle_timeout{90'000};   // between requests
  std::chrono::milliseconds write_timeout{60'000};  // without progress
};

class HttpServerConnection {
 public:
  HttpServerConnection(StreamPtr stream, HttpServerLimits limits);
  ~HttpServerConnection();

  // The next request, whose body is still to be read. Nothing when the peer closed between requests or stayed idle too
  // long, or when drain() was called before the head of one was whole. Throws: BadRequest (malformed; smuggling shapes
  // such as both Content-Length and Transfer-Encoding) and Timeout; the caller answers, then closes.
  Task<std::optional<HttpRequest>> read_head();
  // Reads the body of the request that read_head() gave, if it has one. "Expect: 100-continue" is answered by itself.
  // Throws: RequestEntityTooLarge (past the limit), BadRequest, Timeout; the caller answers, then closes. Who is not
  // to have memory for a body is answered without this call.
  Task<void> read_body(HttpRequest& request);
  // Both.
  Task<std::optional<HttpRequest>> read_request();

  // Writes a whole response with Content-Length. Adds Connection: close when the peer asked for it, when the
  // connection is draining or after an error. HEAD gets no body. A body that nobody read is dropped first when it is
  // small and already under way. After a larger one, and after a request that could not be read, what the peer is
  // still sending is dropped after the answer, so that it arrives, and the connection closes.
  Task<void> respond(const HttpResponse& response);
  // The same with a body that lives elsewhere, written without a copy.
  Task<void> respond(const HttpResponse& head, std::span<const asio::const_buffer> body);

  // A response whose length is not known: head first, then chunks of any size, then end. HTTP/1.0 peers get the
  // bytes raw until close.
  Task<void> begin_chunked(const HttpResponse& head);
  Task<void> write_chunk(std::string_view bytes);
  Task<void> end_chunked();

  // False once no further request can be read here.
  bool keep_alive() const;
  // Ends the connection after the response at hand; ends it now when idle, or when the head of the next request is not
  // whole. From here on a peer that takes nothing for two seconds is cut. Loop thread only.
  void drain();
  void close();
  // Returns when the peer has gone away, by end of stream or reset. For long responses: race it with the writer.
  // Bytes that arrive meanwhile (a pipelined request) are kept, up to the header limit.
  Task<void> wait_for_hangup();
  Stream& stream();
  // Gives the stream up after a response with status 101, with what was already read past the request.
  std::pair<StreamPtr, std::string> take_over();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace berth::base
