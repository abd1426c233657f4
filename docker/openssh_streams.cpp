// SPDX-License-Identifier: Apache-2.0
#include "docker/openssh_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "docker/ssh_error.hpp"

namespace berth::docker {

OpensshStreams::OpensshStreams() {
  if (::pipe2(in_, O_CLOEXEC) == 0 && ::pipe2(out_, O_CLOEXEC) == 0) return;
  const int error = errno;
  for (const int end : in_) ::close(end);
  throw SshError(SshFault::ClientFailed, std::string("no pipe to ssh: ") + std::strerror(error));
}

OpensshStreams::~OpensshStreams() {
  for (const int end : in_) ::close(end);
  for (const int end : out_) ::close(end);
}

}  // namespace berth::docker
