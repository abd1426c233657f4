// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_channel.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace berth::docker {

using base::Reason;
using base::Status;
using base::Task;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kSharedBuffer = 64 * 1024;
constexpr std::size_t kMostErrors = 4096;
// libssh2's window is as wide as OpenSSH's, and fills 40 MB/s of a link of 50 ms. Who reads more slowly keeps that one,
// or gets it back: it is memory here.
constexpr unsigned long kWidestWindow = 8 * 1024 * 1024;
constexpr std::size_t kMostUnsent = 1024 * 1024;  // libssh2 sees no full socket, so we hold back here

char* shared_buffer() {
  static thread_local std::array<char, kSharedBuffer> buffer;
  return buffer.data();
}

}  // namespace

struct SshChannel::Deadline {
  explicit Deadline(base::Executor loop) : timer(std::move(loop)) {}
  base::Timer timer;
  bool expired = false;
};

SshChannel::SshChannel(std::shared_ptr<SshSession> session, LIBSSH2_CHANNEL* channel, base::Executor loop)
    : session_(std::move(session)), channel_(channel), deadline_(std::make_shared<Deadline>(std::move(loop))) {}

SshChannel::~SshChannel() {
  deadline_->timer.cancel();
  close();
}

void SshChannel::close() {
  if (channel_ == nullptr) return;
  session_->retire(std::exchange(channel_, nullptr));
  session_->arrived_.notify();
  session_->sent_.notify();
}

void SshChannel::check() const {
  if (deadline_->expired) throw base::timeout("connection through " + peer() + ": deadline exceeded");
  if (channel_ == nullptr) throw Status(Reason::Cancelled, "cancelled");
  session_->check();
}

Task<std::size_t> SshChannel::read_some(base::asio::mutable_buffer into) {
  SshSession& session = *session_;
  while (true) {
    check();
    if (not_announced_ > 0 && !open_window(0)) {
      co_await session.arrived_.wait();
      continue;
    }
    const ssize_t count = ::libssh2_channel_read_ex(channel_, 0, static_cast<char*>(into.data()), into.size());
    if (count > 0) open_window(static_cast<std::size_t>(count));
    if (count <= 0) keep_errors();  // what a command says aside fills the window, and hides the end of the stream
    session.send_soon();            // the window that the read opened
    if (count > 0) co_return static_cast<std::size_t>(count);
    if (count == 0 && ::libssh2_channel_eof(channel_) != 0) co_return 0;
    if (count < 0 && count != LIBSSH2_ERROR_EAGAIN) {
      throw SshError(SshFault::ConnectionLost, peer() + ": " + session.pipe_->error_words());
    }
    // Nothing read and no end only means: again.
    if (count == LIBSSH2_ERROR_EAGAIN || !session.pipe_->has_input()) co_await session.arrived_.wait();
  }
}

bool SshChannel::open_window(std::size_t count) {
  read_ += count;
  if (not_announced_ == 0) {
    unsigned long unread = 0;
    const unsigned long open = ::libssh2_channel_window_read_ex(channel_, &unread, nullptr);
    if (read_ >= window_ && window_ < kWidestWindow && unread < window_ / 8) {
      window_ *= 2;
      read_ = 0;
    } else if (unread > window_ / 2 && window_ > LIBSSH2_CHANNEL_WINDOW_DEFAULT) {
      window_ = LIBSSH2_CHANNEL_WINDOW_DEFAULT;  // what is open cannot be taken back, only not be opened again
      read_ = 0;
    }
    // libssh2 itself keeps the window that it opened the channel with.
    if (window_ == LIBSSH2_CHANNEL_WINDOW_DEFAULT || open > window_ - window_ / 8) return true;
    not_announced_ = window_ - open;
  }
  const int result = ::libssh2_channel_receive_window_adjust2(channel_, not_announced_, 1, nullptr);
  if (result == LIBSSH2_ERROR_EAGAIN) return false;
  not_announced_ = 0;
  return true;
}

Task<std::string_view> SshChannel::read_view() {
  const std::size_t count = co_await read_some(base::asio::buffer(shared_buffer(), kSharedBuffer));
  co_return std::string_view(shared_buffer(), count);
}

Task<void> SshChannel::write(std::span<const base::asio::const_buffer> buffers) {
  for (const auto& buffer : buffers) {
    co_await write_one({static_cast<const char*>(buffer.data()), buffer.size()});
  }
}

Task<void> SshChannel::write_one(std::string_view bytes) {
  SshSession& session = *session_;
  while (!bytes.empty()) {
    check();
    const ssize_t count = ::libssh2_channel_write_ex(channel_, 0, bytes.data(), bytes.size());
    session.send_soon();
    if (count < 0 && count != LIBSSH2_ERROR_EAGAIN) {
      throw SshError(SshFault::ConnectionLost, peer() + ": " + session.pipe_->error_words());
    }
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else {
      co_await session.arrived_.wait();  // the server opens the window
    }
    while (session.alive() && session.pipe_->output_size() > kMostUnsent) co_await session.sent_.wait();
  }
}

Task<void> SshChannel::finish_writing() {
  while (true) {
    check();
    const int result = ::libssh2_channel_send_eof(channel_);
    session_->send_soon();
    if (result == 0) co_return;
    if (result != LIBSSH2_ERROR_EAGAIN) {
      throw SshError(SshFault::ConnectionLost, peer() + ": " + session_->pipe_->error_words());
    }
    co_await session_->arrived_.wait();
  }
}

void SshChannel::expires_after(steady_clock::duration duration) {
  deadline_->timer.expires_after(duration);
  deadline_->timer.async_wait([weak = std::weak_ptr(deadline_), session = std::weak_ptr(session_)](auto code) {
    const auto deadline = weak.lock();
    const auto live = session.lock();
    if (code || !deadline || !live) return;
    deadline->expired = true;
    live->arrived_.notify();
    live->sent_.notify();
  });
}

void SshChannel::expires_never() { deadline_->timer.cancel(); }

bool SshChannel::idle_and_open() {
  if (channel_ == nullptr || deadline_->expired || !session_->alive()) return false;
  unsigned long unread = 0;
  ::libssh2_channel_window_read_ex(channel_, &unread, nullptr);
  return unread == 0 && ::libssh2_channel_eof(channel_) == 0;
}

Task<void> SshChannel::execute(const char* command) {
  while (true) {
    check();
    const int result =
        ::libssh2_channel_process_startup(channel_, "exec", 4, command, static_cast<unsigned>(std::strlen(command)));
    session_->send_soon();
    if (result == 0) co_return;
    if (result != LIBSSH2_ERROR_EAGAIN) {
      throw SshError(SshFault::ForwardingRefused, peer() + ": the server runs no command for this user");
    }
    co_await session_->arrived_.wait();
  }
}

void SshChannel::keep_errors() {
  while (true) {
    const ssize_t count = ::libssh2_channel_read_ex(channel_, SSH_EXTENDED_DATA_STDERR, shared_buffer(), kSharedBuffer);
    if (count <= 0) return;
    errors_.append(shared_buffer(), std::min(static_cast<std::size_t>(count), kMostErrors - errors_.size()));
  }
}

}  // namespace berth::docker
