// SPDX-License-Identifier: Apache-2.0
#pragma once
// The system's ssh, logged in to one server: directly, or through the ssh that is logged in to the jump before it. That
// one connects it with the server by its standard streams, so that no ssh starts another one by a shell and no port is
// open here. Host keys are checked against the pinned ones in a file of public keys; the private key stays with berthd,
// which is ssh's agent while it logs in.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "docker/openssh_arguments.hpp"
#include "docker/openssh_control.hpp"
#include "docker/openssh_program.hpp"

namespace berth::docker {

class OpensshLogin {
 public:
  // As a jump: for others to go through. Throws SshError that names the server, SshTrustError.
  static base::Task<std::shared_ptr<OpensshLogin>> to_jump(SshServer server, std::shared_ptr<OpensshLogin> through);
  // As a host: brings `engine_socket` to engine(). The same errors.
  static base::Task<std::shared_ptr<OpensshLogin>> to_host(SshServer server, std::shared_ptr<OpensshLogin> through,
                                                           std::string engine_socket);
  ~OpensshLogin();
  OpensshLogin(const OpensshLogin&) = delete;
  OpensshLogin& operator=(const OpensshLogin&) = delete;

  // False once it, or a jump before it, has ended.
  bool alive();
  // May be given to others to go through: neither it nor a jump before it has left one of them without an answer.
  bool fit() { return alive() && !deaf_ && (!through_ || through_->fit()); }
  std::string engine() const { return folder_ + "/engine"; }
  // What ssh said last.
  std::string words() const { return last_line(program_->errors()); }

 private:
  OpensshLogin(std::string folder, SshServer server, std::shared_ptr<OpensshLogin> through);
  static std::shared_ptr<OpensshLogin> prepare(SshServer server, std::shared_ptr<OpensshLogin> through);

  std::string control() const { return folder_ + "/control"; }
  // Until `up` is there.
  base::Task<void> log_in(std::vector<std::string> purpose, std::string up);
  base::Task<void> start(std::vector<std::string> purpose);
  base::Task<void> wait_until_up(std::string up);
  // Throws what there is to say about the keys that the server has now.
  base::Task<void> judge_keys();

  std::string folder_;  // private, removed at the end
  SshServer server_;
  std::shared_ptr<OpensshLogin> through_;
  std::unique_ptr<OpensshControl> passage_;  // by which the jump's ssh connects ours
  std::unique_ptr<OpensshProgram> program_;
  bool deaf_ = false;  // its ssh answered somebody nothing
};

}  // namespace berth::docker
