// SPDX-License-Identifier: Apache-2.0
#include "docker/openssh_control.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/read.hpp>
#include <cerrno>
#include <cstring>

#include "base/scope.hpp"
#include "docker/ssh_wire.hpp"

namespace berth::docker {

using base::Task;
using std::chrono::steady_clock;

namespace {

constexpr std::uint32_t kHello = 0x00000001;
constexpr std::uint32_t kOpenForward = 0x10000006;
constexpr std::uint32_t kCloseForward = 0x10000007;
constexpr std::uint32_t kConnectStreams = 0x10000008;
constexpr std::uint32_t kOk = 0x80000001;
constexpr std::uint32_t kOpened = 0x80000006;
constexpr std::uint32_t kVersion = 4;
constexpr std::uint32_t kRequest = 1;
constexpr std::uint32_t kLocal = 1;
constexpr std::uint32_t kMostPacket = 64 * 1024;

std::string message(std::uint32_t type) {
  std::string body;
  append_number(body, type);
  append_number(body, kRequest);
  return body;
}

std::string forward_message(std::uint32_t type, std::uint16_t port, const SshServer& server) {
  std::string body = message(type);
  append_number(body, kLocal);
  append_string(body, "127.0.0.1");
  append_number(body, port);
  append_string(body, server.address);
  append_number(body, server.port);
  return body;
}

SshError gone(const std::string& words) { return {SshFault::ClientFailed, "the ssh of the jump is gone: " + words}; }

// With one byte, as ssh expects it.
bool send_descriptor(int socket, int descriptor) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptor)> space{};
  msghdr head{};
  head.msg_iov = &part;
  head.msg_iovlen = 1;
  head.msg_control = space.data();
  head.msg_controllen = space.size();
  cmsghdr* control = CMSG_FIRSTHDR(&head);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(control), &descriptor, sizeof descriptor);
  return ::sendmsg(socket, &head, MSG_NOSIGNAL) == 1;
}

}  // namespace

OpensshControl::OpensshControl(base::Executor loop, const std::string& path) : socket_(std::move(loop)) {
  const boost::asio::local::stream_protocol::endpoint there(path);
  socket_.open(there.protocol());
  // An ssh that exchanges keys accepts nobody. We must not wait in the kernel for room in its queue: Asio's own connect
  // would, also with a socket that does not block.
  socket_.native_non_blocking(true);
  if (::connect(socket_.native_handle(), there.data(), static_cast<socklen_t>(there.size())) != 0) {
    if (errno != EAGAIN) throw gone(std::strerror(errno));
    throw SshError(SshFault::NoAnswer, "the ssh of the jump is busy: too many wait for it");
  }
  std::string hello;
  append_number(hello, kHello);
  append_number(hello, kVersion);
  send(hello, {});
}

OpensshControl::~OpensshControl() {
  try {
    if (!last_wish_.empty()) send(last_wish_, {});
  } catch (const SshError&) {  // then it has ended with that ssh
  }
}

// A few hundred bytes, for which a fresh socket has room.
void OpensshControl::send(std::string_view body, std::span<const int> descriptors) {
  std::string packet;
  append_string(packet, body);
  const int socket = socket_.native_handle();
  bool sent = ::send(socket, packet.data(), packet.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(packet.size());
  for (const int descriptor : descriptors) sent = sent && send_descriptor(socket, descriptor);
  if (!sent) throw gone(std::strerror(errno));
}

Task<void> OpensshControl::connect(const SshServer& server, int from, int to, steady_clock::duration limit) {
  std::string body = message(kConnectStreams);
  append_string(body, "");  // reserved
  append_string(body, server.address);
  append_number(body, server.port);
  const std::array descriptors{from, to};
  send(body, descriptors);
  co_await wait_for_answer(server, limit);
}

Task<void> OpensshControl::bring(std::uint16_t port, const SshServer& server, steady_clock::duration limit) {
  last_wish_ = forward_message(kCloseForward, port, server);
  send(forward_message(kOpenForward, port, server), {});
  co_await wait_for_answer(server, limit);
}

Task<std::string> OpensshControl::read_packet() {
  std::string bytes(4, '\0');
  try {
    co_await boost::asio::async_read(socket_, boost::asio::buffer(bytes), base::use_task);
    const std::uint32_t size = SshReader(bytes).number();
    if (size > kMostPacket) throw gone("it says what makes no sense");
    bytes.resize(size);
    co_await boost::asio::async_read(socket_, boost::asio::buffer(bytes), base::use_task);
  } catch (const boost::system::system_error& error) {
    if (error.code() == boost::asio::error::operation_aborted) throw;
    throw gone(error.code().message());
  }
  co_return bytes;
}

Task<void> OpensshControl::wait_for_answer(const SshServer& server, steady_clock::duration limit) {
  const auto end = steady_clock::now() + limit;
  bool greeted = false;
  while (true) {
    std::string packet;
    try {
      packet = co_await base::within(end - steady_clock::now(), "the jump", read_packet());
    } catch (const base::Status& status) {
      if (status.reason() != base::Reason::Timeout) throw;
      if (!greeted) throw gone("it does not answer");
      throw SshError(SshFault::NoAnswer, server.name() + ": not reached through the jump before it in time");
    }
    SshReader reader(packet);
    const std::uint32_t type = reader.number();
    reader.number();  // the version, or the request
    if (type == kOk || type == kOpened) co_return;
    greeted = greeted || type == kHello;
    if (type == kHello) continue;
    throw SshError(SshFault::ForwardingRefused,
                   server.name() + ": not reached through the jump before it: " + std::string(reader.string()));
  }
}

}  // namespace berth::docker
