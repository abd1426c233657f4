// SPDX-License-Identifier: Apache-2.0
#pragma once
// A channel of a session as a byte stream.
#include <memory>
#include <string>

#include "docker/ssh_session.hpp"

namespace berth::docker {

class SshChannel final : public base::Stream {
 public:
  // Takes the channel over; keeps the session's memory, not its connection, alive.
  SshChannel(std::shared_ptr<SshSession> session, LIBSSH2_CHANNEL* channel, base::Executor loop);
  ~SshChannel() override;

  base::Task<std::size_t> read_some(base::asio::mutable_buffer into) override;
  base::Task<std::string_view> read_view() override;
  base::Task<void> write(std::span<const base::asio::const_buffer> buffers) override;
  base::Task<void> finish_writing() override;
  void close() override;
  void expires_after(std::chrono::steady_clock::duration duration) override;
  void expires_never() override;
  std::string peer() const override { return session_->server(); }
  bool idle_and_open() override;

  // Runs a command in a channel of type session; before anything else.
  base::Task<void> execute(const char* command);
  // What the command said on its standard error so far, at most 4 KiB.
  const std::string& errors() const { return errors_; }

 private:
  struct Deadline;
  // After `count` bytes were read: opens the window again, and a wider one for as long as it is read as fast as it is
  // filled. False while the server cannot be told, which is during an exchange of keys: nothing may be read before it
  // can.
  bool open_window(std::size_t count);
  void check() const;
  void keep_errors();
  base::Task<void> write_one(std::string_view bytes);

  std::shared_ptr<SshSession> session_;
  LIBSSH2_CHANNEL* channel_;
  std::string errors_;
  unsigned long window_ = LIBSSH2_CHANNEL_WINDOW_DEFAULT;
  std::size_t read_ = 0;             // since it is as wide
  unsigned long not_announced_ = 0;  // of it
  std::shared_ptr<Deadline> deadline_;
};

}  // namespace berth::docker
