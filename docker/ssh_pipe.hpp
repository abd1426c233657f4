// SPDX-License-Identifier: Apache-2.0
#pragma once
// A libssh2 session that never touches a socket: it reads from a buffer and writes into one, and who owns it moves the
// bytes. So no packet is ever half sent, which libssh2 answers by refusing every other call of the session until that
// one is repeated, and a session runs over any stream, also over another session's channel. One loop.
#include <libssh2.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/stream.hpp"
#include "docker/ssh_error.hpp"

namespace berth::docker {

class SshPipe {
 public:
  explicit SshPipe(base::StreamPtr under);
  ~SshPipe();  // frees every channel with it
  SshPipe(const SshPipe&) = delete;
  SshPipe& operator=(const SshPipe&) = delete;

  LIBSSH2_SESSION* session() { return session_; }
  base::Stream& under() { return *under_; }

  // Waits for bytes and puts them where libssh2 reads. False at the end of the stream.
  base::Task<bool> receive();
  bool has_input() const { return used_ < input_.size(); }
  std::size_t input_size() const { return input_.size() - used_; }
  // What libssh2 wrote and nobody has sent.
  std::string take_output() { return std::exchange(output_, {}); }
  std::size_t output_size() const { return output_.size(); }
  // From now on libssh2 sees the end of the connection; the stream is closed.
  void close();

  // All that came before encryption began.
  std::string_view greeting() const { return greeting_; }
  void forget_greeting();
  // libssh2's words for its last error; the server's own where it said goodbye.
  std::string error_words();
  // For keyboard-interactive: every question is answered with this, which must outlive the call.
  void answer_questions_with(const std::string* answer) { answer_ = answer; }
  const std::string& answer() const;

 private:
  static ssize_t on_receive(libssh2_socket_t, void* into, std::size_t size, int, void** self);
  static ssize_t on_send(libssh2_socket_t, const void* bytes, std::size_t size, int, void** self);
  static void on_disconnect(LIBSSH2_SESSION*, int, const char* words, int size, const char*, int, void** self);

  base::StreamPtr under_;
  LIBSSH2_SESSION* session_ = nullptr;
  std::string input_;
  std::size_t used_ = 0;
  std::string output_;
  std::string greeting_;
  bool keeps_greeting_ = true;
  bool closed_ = false;
  std::string goodbye_;
  const std::string* answer_ = nullptr;
};

}  // namespace berth::docker
