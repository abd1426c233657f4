// SPDX-License-Identifier: Apache-2.0
#pragma once
// An SSH agent with one key, for one ssh program and as long as that logs in: the key is never in a file. Of the
// protocol (draft-miller-ssh-agent) it knows what logging in needs: which keys there are, and a signature.
#include <memory>
#include <string>

#include "base/scope.hpp"
#include "base/stream.hpp"
#include "docker/ssh_signer.hpp"

namespace berth::docker {

// The answer to one message, both without their length. What is not known is refused.
std::string answer_agent(const SshSigner& signer, std::string_view message);

class SshAgent {
 public:
  // Listens at `path`, which only berthd's own user may reach.
  SshAgent(base::Executor loop, const std::string& path, SshSigner signer);
  // Both before it goes.
  void cancel();
  base::Scope::Join join() { return scope_.join(); }

 private:
  base::Task<void> accept_all();
  base::Task<void> serve(base::StreamPtr stream);

  SshSigner signer_;
  std::unique_ptr<base::Listener> listener_;
  base::Scope scope_;
};

}  // namespace berth::docker
