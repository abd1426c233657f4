// SPDX-License-Identifier: Apache-2.0
#pragma once
// A two-way byte stream: a socket, TLS over a stream, later an SSH channel. One type-erased interface, so that
// HTTP is compiled once. A stream lives on one loop. Reads and writes may overlap each other, but not themselves.
#include <boost/asio/buffer.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/task.hpp"

namespace berth::base {

class Stream {
 public:
  virtual ~Stream() = default;

  // Bytes read, at least 1; 0 at the end of the stream. Throws ServiceUnavailable when the peer reset it, Timeout
  // when expires_after passed, Cancelled when the owner ended the task or close() was called.
  virtual Task<std::size_t> read_some(asio::mutable_buffer into) = 0;
  // As read_some, into memory that the streams of one thread share, so that an idle connection holds no buffer.
  // The bytes stay until the caller next waits: copy what must last. "" at the end of the stream.
  virtual Task<std::string_view> read_view();
  // Writes everything. Same errors.
  virtual Task<void> write(std::span<const asio::const_buffer> buffers) = 0;
  // Says that nothing more will be written (shutdown(SHUT_WR), TLS close_notify).
  virtual Task<void> finish_writing() = 0;
  // Ends both directions now; pending operations fail.
  virtual void close() = 0;
  // A deadline for everything that is pending or starts later; a new call replaces it. Coarse (within a second
  // late): it guards against dead peers, and costs nothing per call.
  virtual void expires_after(std::chrono::steady_clock::duration duration) = 0;
  virtual void expires_never() = 0;
  // "192.0.2.7:51234", "unix", for logs and audit.
  virtual std::string peer() const = 0;
  // False once the peer has closed an idle connection: such a stream must not be reused for a request.
  virtual bool idle_and_open() = 0;

  Task<void> write(std::string_view bytes) {
    const asio::const_buffer one(bytes.data(), bytes.size());
    co_await write(std::span(&one, 1));
  }
};

using StreamPtr = std::unique_ptr<Stream>;

// Throws ServiceUnavailable with the operating system's words and the address, Timeout after `limit`.
Task<StreamPtr> connect_unix(std::string path, std::chrono::steady_clock::duration limit);
Task<StreamPtr> connect_tcp(std::string host, std::uint16_t port, std::chrono::steady_clock::duration limit);

// Listening sockets. accept() throws Cancelled when the owner ends it. What goes wrong with one connection, and a
// shortage of descriptors or memory, it outlives: it waits (5 ms, doubling up to 1 s while it lasts) and goes on.
class Listener {
 public:
  virtual ~Listener() = default;
  // Called on the accepting loop for every error that accept() outlives.
  virtual void on_failure(std::function<void()> count) = 0;
  virtual Task<StreamPtr> accept() = 0;
  // As accept, but the stream is made for another loop.
  virtual Task<StreamPtr> accept_for(Executor loop) = 0;
  virtual void close() = 0;
  virtual std::uint16_t port() const = 0;  // 0 for unix
};

// "127.0.0.1:7443", "[::1]:0". Throws BadRequest for a malformed address, ServiceUnavailable when taken.
std::unique_ptr<Listener> listen_tcp(Executor loop, const std::string& address);
// Removes a stale socket file first.
std::unique_ptr<Listener> listen_unix(Executor loop, const std::string& path);

}  // namespace berth::base
