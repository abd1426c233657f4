// SPDX-License-Identifier: Apache-2.0
#pragma once
// One authenticated session with many channels. Any call of libssh2 may take in what another channel waits for, so
// every byte that arrives wakes every waiter, and each looks for itself. Channels are opened one after the other,
// because libssh2 keeps the state of an opening in the session. One loop.
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/scope.hpp"
#include "docker/ssh_pipe.hpp"

namespace berth::docker {

class SshSession : public std::enable_shared_from_this<SshSession> {
 public:
  // Who finds that the server is gone: the kernel, or, where its connection ends at a jump, a question that the server
  // is asked once it has been silent for `after`, and has `limit` to answer.
  struct Pulse {
    std::chrono::steady_clock::duration after{};
    std::chrono::steady_clock::duration limit{};  // zero: nothing is asked
  };
  // `pipe` is logged in; `server` is for messages. `scope` runs what moves the bytes, until close() or until the
  // connection breaks.
  static std::shared_ptr<SshSession> start(std::unique_ptr<SshPipe> pipe, std::string server, Pulse pulse,
                                           base::Scope& scope);
  ~SshSession() = default;

  const std::string& server() const { return server_; }
  bool alive() const { return !broken_; }
  // How long the server has said nothing at all.
  std::chrono::steady_clock::duration silence() const { return std::chrono::steady_clock::now() - heard_; }
  // False while an opening waits for the server's answer longer than usual: use another session meanwhile.
  bool opens_promptly() const;
  // Every channel fails from now on. What kept the session is over once the last channel is gone.
  void close();

  // A channel to a unix socket, or to a TCP address, as seen from the server; or to the standard streams of a command
  // there. `command` goes to a shell: a constant, never anything that a user wrote. Throw SshError: ForwardingRefused,
  // EngineSocketRefused, SessionsExhausted, ConnectionLost; Timeout.
  base::Task<base::StreamPtr> open_socket(std::string path, std::chrono::steady_clock::duration limit);
  base::Task<base::StreamPtr> open_tcp(std::string host, std::uint16_t port, std::chrono::steady_clock::duration limit);
  struct Process;
  base::Task<std::unique_ptr<Process>> start_process(const char* command, std::chrono::steady_clock::duration limit);

  // Channels that are open, or whose end the server has not confirmed.
  std::size_t channels() const { return channels_.size(); }

 private:
  friend class SshChannel;
  struct Opening;
  class Claim;

  SshSession(std::unique_ptr<SshPipe> pipe, std::string server, base::Executor loop);

  static base::Task<void> move_in(std::shared_ptr<SshSession> self);
  static base::Task<void> move_out(std::shared_ptr<SshSession> self);
  static base::Task<void> open_in_turn(std::shared_ptr<SshSession> self);
  static base::Task<void> keep_alive(std::shared_ptr<SshSession> self);
  static base::Task<void> take_pulse(std::shared_ptr<SshSession> self, Pulse pulse);
  static base::Task<void> guard(std::shared_ptr<SshSession> self, base::Task<void> part);

  base::Task<LIBSSH2_CHANNEL*> open(std::string type, std::string message, std::chrono::steady_clock::duration limit);
  base::Task<void> open_one(std::shared_ptr<Opening> opening);
  // After any call of libssh2: what it wrote goes out.
  void send_soon();
  void take_in();
  void retire(LIBSSH2_CHANNEL* channel);
  void fail(const SshError& error);
  void check() const;

  std::unique_ptr<SshPipe> pipe_;
  std::string server_;
  base::Executor loop_;
  std::optional<SshError> broken_;
  std::chrono::steady_clock::time_point heard_ = std::chrono::steady_clock::now();
  base::Signal arrived_;  // bytes, or the end
  base::Signal sent_;
  base::Signal output_;
  base::Signal wanted_;
  base::Signal ended_;
  std::deque<std::shared_ptr<Opening>> openings_;
  std::optional<std::chrono::steady_clock::time_point> opening_since_;
  std::set<LIBSSH2_CHANNEL*> channels_;
  std::list<LIBSSH2_CHANNEL*> retired_;  // closed by us; the server has not answered yet
};

// A command that runs on the server.
struct SshSession::Process {
  base::StreamPtr streams;              // its standard input and output
  std::function<std::string()> errors;  // what it wrote to its standard error so far, at most 4 KiB
};

}  // namespace berth::docker
