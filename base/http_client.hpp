// SPDX-License-Identifier: Apache-2.0
#pragma once
// The client's end of one HTTP/1.1 connection, one request at a time.
#include <memory>

#include "base/http.hpp"

namespace berth::base {

class HttpClientConnection {
 public:
  explicit HttpClientConnection(StreamPtr stream);
  ~HttpClientConnection();

  // Sends a request and reads the whole response, at most `max_body` bytes (else InternalError). A body is sent
  // with Content-Length; an empty body on POST, PUT and PATCH sends "Content-Length: 0".
  // Throws ServiceUnavailable when the connection breaks; answered() tells whether a byte of answer had come.
  Task<HttpResponse> send(const HttpRequest& request, std::size_t max_body = 64 * 1024 * 1024);

  // Sends a request and reads the head only; then read_body until it gives an empty string.
  Task<HttpResponse> send_for_stream(const HttpRequest& request);
  // The next piece of the body, as it arrives; "" at its end.
  Task<std::string> read_body();

  bool answered() const;
  // True when another request may be sent on it.
  bool reusable();
  Stream& stream();
  // After a 101: the stream, and bytes that were read past the head.
  std::pair<StreamPtr, std::string> take_over();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace berth::base
