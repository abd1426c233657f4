// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_pipe.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace berth::docker {

namespace {

constexpr std::size_t kMostGreeting = 16 * 1024;
constexpr int kMostGoodbye = 300;

void start_library() {
  static const int result = ::libssh2_init(0);
  if (result != 0) throw base::internal_error("libssh2 cannot be started: " + std::to_string(result));
}

template <class Function>
void* as_callback(Function* function) {
  return reinterpret_cast<void*>(function);
}

}  // namespace

SshPipe::SshPipe(base::StreamPtr under) : under_(std::move(under)) {
  start_library();
  session_ = ::libssh2_session_init_ex(nullptr, nullptr, nullptr, this);
  if (session_ == nullptr) throw base::internal_error("libssh2: no memory for a session");
  ::libssh2_session_set_blocking(session_, 0);
  ::libssh2_session_callback_set(session_, LIBSSH2_CALLBACK_RECV, as_callback(&SshPipe::on_receive));
  ::libssh2_session_callback_set(session_, LIBSSH2_CALLBACK_SEND, as_callback(&SshPipe::on_send));
  ::libssh2_session_callback_set(session_, LIBSSH2_CALLBACK_DISCONNECT, as_callback(&SshPipe::on_disconnect));
}

SshPipe::~SshPipe() {
  close();
  ::libssh2_session_free(session_);
}

ssize_t SshPipe::on_receive(libssh2_socket_t, void* into, std::size_t size, int, void** self) {
  SshPipe& pipe = *static_cast<SshPipe*>(*self);
  if (pipe.closed_) return 0;
  if (!pipe.has_input()) return -EAGAIN;
  const std::size_t count = std::min(size, pipe.input_size());
  std::memcpy(into, pipe.input_.data() + pipe.used_, count);
  pipe.used_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t SshPipe::on_send(libssh2_socket_t, const void* bytes, std::size_t size, int, void** self) {
  SshPipe& pipe = *static_cast<SshPipe*>(*self);
  if (!pipe.closed_) pipe.output_.append(static_cast<const char*>(bytes), size);
  return static_cast<ssize_t>(size);
}

void SshPipe::on_disconnect(LIBSSH2_SESSION*, int, const char* words, int size, const char*, int, void** self) {
  SshPipe& pipe = *static_cast<SshPipe*>(*self);
  if (words != nullptr && size > 0) pipe.goodbye_.assign(words, std::min(size, kMostGoodbye));
}

base::Task<bool> SshPipe::receive() {
  const std::string_view bytes = co_await under_->read_view();
  if (bytes.empty()) co_return false;
  input_.erase(0, std::exchange(used_, 0));
  input_.append(bytes);
  if (keeps_greeting_) greeting_.append(bytes.substr(0, kMostGreeting - std::min(kMostGreeting, greeting_.size())));
  co_return true;
}

void SshPipe::close() {
  closed_ = true;
  under_->close();
}

void SshPipe::forget_greeting() {
  keeps_greeting_ = false;
  greeting_ = {};
}

std::string SshPipe::error_words() {
  if (!goodbye_.empty()) return "the server says: " + goodbye_;
  char* words = nullptr;
  int size = 0;
  ::libssh2_session_last_error(session_, &words, &size, 0);
  return words != nullptr && size > 0 ? std::string(words, static_cast<std::size_t>(size)) : "no reason was given";
}

const std::string& SshPipe::answer() const {
  static const std::string none;
  return answer_ != nullptr ? *answer_ : none;
}

}  // namespace berth::docker
