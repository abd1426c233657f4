// SPDX-License-Identifier: Apache-2.0
#pragma once
// The SSH sessions of all hosts, ours and those of the system's ssh. Hosts behind the same jump share its session, and
// who asks for a session that is being made waits for that one. A server is logged in to by one at a time, so that
// sshd's MaxStartups is not met. One loop, that of the engines.
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "base/scope.hpp"
#include "docker/shared_links.hpp"
#include "docker/ssh_login.hpp"
#include "docker/ssh_session.hpp"

namespace berth::docker {

class OpensshLogin;
class OpensshTunnel;

// The servers to go through, in order; the last is the host.
struct SshChain {
  std::vector<SshServer> servers;
  // For each server something that differs when it, or what is used to log in there, differs. Not readable.
  std::vector<std::string> keys;
};

// A share in a session. It is closed once nobody has one.
class SshLink {
 public:
  SshLink(std::shared_ptr<SshSession> session, std::shared_ptr<SshLink> through)
      : session_(std::move(session)), through_(std::move(through)) {}
  ~SshLink() { session_->close(); }
  SshLink(const SshLink&) = delete;
  SshLink& operator=(const SshLink&) = delete;
  SshSession& session() { return *session_; }

 private:
  std::shared_ptr<SshSession> session_;
  std::shared_ptr<SshLink> through_;  // the jump before it
};

class SshHub {
 public:
  SshHub(base::Executor loop, base::Metrics& metrics);
  ~SshHub();
  SshHub(const SshHub&) = delete;
  SshHub& operator=(const SshHub&) = delete;

  // A session with the chain's last server. Each server has a deadline of its own. Throws SshError that names the
  // server at which it failed. Loop only.
  base::Task<std::shared_ptr<SshLink>> reach(SshChain chain);
  // The same by the system's ssh, with the engine's socket at the end. Throws SshTrustError, too.
  base::Task<std::unique_ptr<OpensshTunnel>> tunnel(SshChain chain, std::string engine_socket);
  // Ends what moves the bytes of the sessions that are left. Nothing may be asked of it later. Loop only.
  base::Task<void> stop();

 private:
  class Turn;

  base::Task<std::shared_ptr<SshLink>> reach_first(const SshChain& chain, std::size_t count);
  base::Task<std::shared_ptr<SshLink>> make(const SshChain& chain, std::size_t count);
  base::Task<base::StreamPtr> connect(const SshServer& server, SshLink* through);
  base::Task<std::shared_ptr<OpensshLogin>> pass_jumps(const SshChain& chain, std::size_t count);
  base::Task<std::shared_ptr<OpensshLogin>> log_in_to_jump(const SshChain& chain, std::size_t count);

  SharedLinks<SshLink> links_;        // by the keys of the servers up to there
  SharedLinks<OpensshLogin> jumps_;   // likewise
  std::set<std::string> logging_in_;  // names of servers
  base::Signal turn_;
  base::Counter connections_;
  base::Scope scope_;
};

}  // namespace berth::docker
