// SPDX-License-Identifier: Apache-2.0
#include "docker/openssh_program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "docker/ssh_error.hpp"

namespace berth::docker {

namespace {

constexpr std::size_t kTail = 4096;
constexpr std::size_t kPipe = 64 * 1024;  // what one has room for

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, int input, int output, int errors) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setsid();
  ::dup2(input >= 0 ? input : ::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0u, 0);
  char* const nothing[] = {nullptr};
  ::execve(arguments[0], arguments, nothing);
  ::_exit(127);
}

}  // namespace

OpensshProgram::Tail::Tail() {
  if (::pipe2(ends_, O_CLOEXEC | O_NONBLOCK) == 0) return;
  throw SshError(SshFault::ClientFailed, std::string("no pipe from ssh: ") + std::strerror(errno));
}

OpensshProgram::Tail::~Tail() {
  for (const int end : ends_) ::close(end);
}

const std::string& OpensshProgram::Tail::read() {
  std::array<char, kPipe> bytes;
  const ssize_t count = ::read(ends_[0], bytes.data(), bytes.size());
  if (count > 0) text_.append(bytes.data(), static_cast<std::size_t>(count));
  if (text_.size() > kTail) text_.erase(0, text_.size() - kTail);
  return text_;
}

OpensshProgram::OpensshProgram(const std::vector<std::string>& arguments, const OpensshStreams* streams) {
  if (::access(arguments[0].c_str(), X_OK) != 0) {
    throw SshError(SshFault::ClientFailed,
                   arguments[0] + ": " + std::strerror(errno) + ": transport OpenSSH needs the package openssh-client");
  }
  const std::vector<char*> words = pointers_to(arguments);
  pid_ = ::fork();
  if (pid_ == 0) {
    become(words.data(), streams != nullptr ? streams->input() : -1,
           streams != nullptr ? streams->output() : output_.writer(), errors_.writer());
  }
  if (pid_ < 0) throw SshError(SshFault::ClientFailed, arguments[0] + ": " + std::strerror(errno));
}

OpensshProgram::~OpensshProgram() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

bool OpensshProgram::ended() {
  output_.read();
  errors_.read();
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ <= 0;
}

}  // namespace berth::docker
