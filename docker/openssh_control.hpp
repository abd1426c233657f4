// SPDX-License-Identifier: Apache-2.0
#pragma once
// A visitor at the control socket of an ssh that is logged in to a jump. What it asks for ends with it. The protocol is
// https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.mux, but that ssh takes the port of a
// MUX_C_NEW_STDIO_FWD as a number.
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <span>
#include <string>

#include "base/task.hpp"
#include "docker/ssh_login.hpp"

namespace berth::docker {

class OpensshControl {
 public:
  // Does not wait. Throws SshError ClientFailed when nobody listens there, NoAnswer when too many wait there already.
  OpensshControl(base::Executor loop, const std::string& path);
  ~OpensshControl();
  OpensshControl(const OpensshControl&) = delete;
  OpensshControl& operator=(const OpensshControl&) = delete;

  // One of the two, once. Both throw SshError: ForwardingRefused when the jump, or its ssh, does not do it; NoAnswer
  // after `limit`; ClientFailed when that ssh is gone, or has not even greeted us by then.
  //
  // The jump connects to `server`; what is read from the one descriptor goes there, and what comes from there is
  // written to the other. Both stay the caller's, and are not needed here any more when this returns.
  base::Task<void> connect(const SshServer& server, int from, int to, std::chrono::steady_clock::duration limit);
  // Who connects to `port` of loopback here reaches `server`.
  base::Task<void> bring(std::uint16_t port, const SshServer& server, std::chrono::steady_clock::duration limit);

 private:
  void send(std::string_view body, std::span<const int> descriptors);
  base::Task<void> wait_for_answer(const SshServer& server, std::chrono::steady_clock::duration limit);
  base::Task<std::string> read_packet();

  boost::asio::basic_stream_socket<boost::asio::local::stream_protocol, base::Executor> socket_;
  std::string last_wish_;  // what is sent at the end
};

}  // namespace berth::docker
