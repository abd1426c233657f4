// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Stream over a connected TCP or unix socket. Private to base: others see Stream.
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>
#include <string>

#include "base/status.hpp"
#include "base/stream.hpp"

namespace berth::base {

using SocketEndpoint = asio::generic::stream_protocol::endpoint;

// "192.0.2.7:51234", "[::1]:51234", or "unix".
std::string endpoint_name(const SocketEndpoint& endpoint);

class SocketStream : public Stream {
 public:
  using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;

  // Takes a connected socket, or one still closed for connect() below.
  SocketStream(Socket socket, std::string peer);
  ~SocketStream() override;

  // Once, on a closed socket. Throws ServiceUnavailable with the operating system's words, or Timeout.
  Task<void> connect(SocketEndpoint endpoint, std::chrono::steady_clock::duration limit);

  Task<std::size_t> read_some(asio::mutable_buffer into) override;
  Task<std::string_view> read_view() override;
  Task<void> write(std::span<const asio::const_buffer> buffers) override;
  Task<void> finish_writing() override;
  void close() override;
  void expires_after(std::chrono::steady_clock::duration duration) override;
  void expires_never() override;
  std::string peer() const override { return peer_; }
  bool idle_and_open() override;

  // From now on: see base/prompt_tcp.hpp. Throws ServiceUnavailable with the operating system's words.
  void tune_for_prompt_answers(std::chrono::seconds dead_after);

 private:
  struct State;
  static void arm(const std::shared_ptr<State>& state);
  Status failure(boost::system::error_code code) const;

  std::shared_ptr<State> state_;  // shared with the timer's handler, which may outlive the stream
  std::string peer_;
};

}  // namespace berth::base
