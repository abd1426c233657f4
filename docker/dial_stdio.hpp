// SPDX-License-Identifier: Apache-2.0
#pragma once
// The engine through `docker system dial-stdio` on the host, one process for each stream. sshd counts them
// (MaxSessions, 10 by default), and says how many there may be only by refusing one. One loop.
#include <functional>
#include <memory>

#include "base/task.hpp"
#include "docker/ssh_hub.hpp"

namespace berth::docker {

class DialStdio {
 public:
  DialStdio();
  ~DialStdio();

  // A stream to the engine that has answered once. Throws SshError: DockerMissing, EngineSocketRefused in the docker
  // CLI's words, SessionsExhausted (then full() tells whether it is worth waiting).
  base::Task<base::StreamPtr> probe(std::shared_ptr<SshLink> link, std::chrono::steady_clock::duration limit);
  base::Task<base::StreamPtr> open(std::shared_ptr<SshLink> link, std::chrono::steady_clock::duration limit);

  // As many run as the server has room for.
  bool full() const;
  // Called each time one ends.
  void on_room(std::function<void()> tell);

 private:
  struct Room;
  class Guest;
  using Process = std::unique_ptr<SshSession::Process>;
  base::Task<Process> start(std::shared_ptr<SshLink> link, std::chrono::steady_clock::duration limit);

  std::shared_ptr<Room> room_;
};

}  // namespace berth::docker
