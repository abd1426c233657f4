// SPDX-License-Identifier: Apache-2.0
#include "base/socket_stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <cstring>

namespace berth::base {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;

constexpr std::size_t kSharedBuffer = 64 * 1024;
// read_view and write take what is there, and give what there is room for, without going through the event loop, but
// this often in a row at most: a fast peer must not keep the loop to itself.
constexpr int kReadsInARow = 8;
constexpr int kWritesInARow = 8;
constexpr std::size_t kBuffersAtOnce = 16;

char* shared_buffer() {
  static thread_local std::array<char, kSharedBuffer> buffer;
  return buffer.data();
}

// Bytes sent, or -1 with errno.
ssize_t send_now(int socket, std::span<const asio::const_buffer> buffers) {
  std::array<iovec, kBuffersAtOnce> parts;
  for (std::size_t i = 0; i < buffers.size(); ++i) parts[i] = {const_cast<void*>(buffers[i].data()), buffers[i].size()};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = buffers.size();
  return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

// The kernel takes it back whenever the connection looks interactive, so it is said after each receive.
void acknowledge_now(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

bool would_wait(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

std::string endpoint_name(const SocketEndpoint& endpoint) {
  const int family = endpoint.data()->sa_family;
  if (family != AF_INET && family != AF_INET6) return "unix";
  asio::ip::tcp::endpoint tcp;
  std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
  const std::string address = tcp.address().to_string();
  const std::string port = std::to_string(tcp.port());
  if (family == AF_INET6) return "[" + address + "]:" + port;
  return address + ":" + port;
}

struct SocketStream::State {
  Socket socket;
  Timer timer;
  TimePoint deadline = TimePoint::max();
  TimePoint armed_for = TimePoint::max();  // max: the timer does not run
  bool expired = false;
  bool closed = false;
  int reads_in_a_row = 0;
  int writes_in_a_row = 0;
  bool awaits_answer = false;  // nothing was read since the last write
  bool prompt = false;         // acknowledges at once

  void close() {
    closed = true;
    boost::system::error_code ignored;
    socket.close(ignored);
  }
};

SocketStream::SocketStream(Socket socket, std::string peer) : peer_(std::move(peer)) {
  const Executor loop = socket.get_executor();
  state_ = std::make_shared<State>(State{std::move(socket), Timer(loop)});
}

SocketStream::~SocketStream() {
  state_->timer.cancel();
  state_->close();
}

Status SocketStream::failure(boost::system::error_code code) const {
  if (state_->expired) return timeout("connection with " + peer_ + ": deadline exceeded");
  if (state_->closed || code == asio::error::operation_aborted) return {Reason::Cancelled, "cancelled"};
  if (code == asio::error::connection_reset || code == asio::error::broken_pipe) {
    return {Reason::ServiceUnavailable, "connection reset by peer"};
  }
  return {Reason::ServiceUnavailable, code.message()};
}

Task<void> SocketStream::connect(SocketEndpoint endpoint, std::chrono::steady_clock::duration limit) {
  expires_after(limit);
  boost::system::error_code code;
  co_await state_->socket.async_connect(endpoint, asio::redirect_error(use_task, code));
  if (code) throw failure(code);
  expires_never();
  if (endpoint.data()->sa_family != AF_UNIX) {
    state_->socket.set_option(asio::ip::tcp::no_delay(true), code);
    state_->socket.set_option(asio::socket_base::keep_alive(true), code);
  }
}

Task<std::size_t> SocketStream::read_some(asio::mutable_buffer into) {
  boost::system::error_code code;
  const std::size_t count = co_await state_->socket.async_read_some(into, asio::redirect_error(use_task, code));
  if (code == asio::error::eof) co_return 0;
  if (code) throw failure(code);
  if (state_->prompt) acknowledge_now(state_->socket.native_handle());
  co_return count;
}

Task<std::string_view> SocketStream::read_view() {
  State& state = *state_;
  boost::system::error_code code;
  // Right after a write there is nothing to read yet, as a rule.
  bool look = !std::exchange(state.awaits_answer, false);
  for (;; look = true) {  // what was written while it waited does not matter
    if (look && state.reads_in_a_row < kReadsInARow) {
      if (!state.socket.is_open()) throw failure(asio::error::bad_descriptor);
      const ssize_t count = ::recv(state.socket.native_handle(), shared_buffer(), kSharedBuffer, MSG_DONTWAIT);
      if (count >= 0) {
        ++state.reads_in_a_row;
        if (state.prompt) acknowledge_now(state.socket.native_handle());
        co_return std::string_view(shared_buffer(), static_cast<std::size_t>(count));
      }
      if (!would_wait(errno)) throw failure({errno, boost::system::system_category()});
    }
    co_await state.socket.async_wait(Socket::wait_read, asio::redirect_error(use_task, code));
    if (code) throw failure(code);
    state.reads_in_a_row = 0;
    state.writes_in_a_row = 0;
  }
}

Task<void> SocketStream::write(std::span<const asio::const_buffer> buffers) {
  State& state = *state_;
  boost::system::error_code code;
  std::size_t written = 0;  // of the first buffers left
  state.awaits_answer = true;
  for (;;) {
    while (!buffers.empty() && written >= buffers.front().size()) {
      written -= buffers.front().size();
      buffers = buffers.subspan(1);
    }
    if (buffers.empty()) co_return;
    std::array<asio::const_buffer, kBuffersAtOnce> parts;
    const std::span<const asio::const_buffer> window(parts.data(), std::min(parts.size(), buffers.size()));
    std::copy_n(buffers.begin(), window.size(), parts.begin());
    parts[0] += written;
    if (state.writes_in_a_row < kWritesInARow) {
      if (!state.socket.is_open()) throw failure(asio::error::bad_descriptor);
      const ssize_t sent = send_now(state.socket.native_handle(), window);
      if (sent >= 0) {
        ++state.writes_in_a_row;
        written += static_cast<std::size_t>(sent);
        continue;
      }
      if (!would_wait(errno)) throw failure({errno, boost::system::system_category()});
    }
    written += co_await state.socket.async_write_some(window, asio::redirect_error(use_task, code));
    if (code) throw failure(code);
    state.writes_in_a_row = 0;
  }
}

Task<void> SocketStream::finish_writing() {
  boost::system::error_code code;
  state_->socket.shutdown(Socket::shutdown_send, code);
  if (code && code != asio::error::not_connected) throw failure(code);
  co_return;
}

void SocketStream::close() { state_->close(); }

void SocketStream::tune_for_prompt_answers(std::chrono::seconds dead_after) {
  constexpr int kProbes = 3;
  const int most = static_cast<int>(dead_after.count());
  const int probe_every = std::max(most / (kProbes + 1), 1);
  const auto set = [this](int option, int value) {
    if (::setsockopt(state_->socket.native_handle(), IPPROTO_TCP, option, &value, sizeof value) != 0) {
      throw failure({errno, boost::system::system_category()});
    }
  };
  set(TCP_USER_TIMEOUT, most * 1000);
  set(TCP_KEEPIDLE, probe_every);
  set(TCP_KEEPINTVL, probe_every);
  set(TCP_KEEPCNT, kProbes);
  state_->prompt = true;
}

bool SocketStream::idle_and_open() {
  if (!state_->socket.is_open()) return false;
  char byte = 0;
  const ssize_t count = ::recv(state_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void SocketStream::expires_after(std::chrono::steady_clock::duration duration) {
  State& state = *state_;
  state.deadline = std::chrono::steady_clock::now() + duration;
  // A timer that fires earlier than this looks at the deadline then; most deadlines are replaced long before.
  if (state.deadline < state.armed_for) arm(state_);
}

void SocketStream::expires_never() { state_->deadline = TimePoint::max(); }

void SocketStream::arm(const std::shared_ptr<State>& state) {
  state->armed_for = state->deadline;
  state->timer.expires_at(state->deadline);
  state->timer.async_wait([weak = std::weak_ptr(state)](boost::system::error_code code) {
    const auto live = weak.lock();
    if (!live || code) return;
    live->armed_for = TimePoint::max();
    if (std::chrono::steady_clock::now() >= live->deadline) {
      live->expired = true;
      live->close();
    } else if (live->deadline != TimePoint::max()) {
      arm(live);
    }
  });
}

}  // namespace berth::base
