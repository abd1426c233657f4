// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_session.hpp"

#include "docker/ssh_channel.hpp"
#include "docker/ssh_wire.hpp"

namespace berth::docker {

using base::Task;
using std::chrono::steady_clock;

namespace {

constexpr auto kKeepAlive = std::chrono::seconds(15);
constexpr auto kPrompt = std::chrono::seconds(3);
// Raising the packet size above what libssh2 asks for itself loses data; the window may be anything.
constexpr unsigned kWindow = LIBSSH2_CHANNEL_WINDOW_DEFAULT;
constexpr unsigned kPacket = LIBSSH2_CHANNEL_PACKET_DEFAULT;
constexpr std::size_t kMostUnread = 1024 * 1024;  // with no channel open, nobody reads

}  // namespace

// Asked for by one coroutine, done by the session's: who gives up waiting does not leave libssh2 in the middle.
struct SshSession::Opening {
  Opening(base::Executor loop, std::string what, std::string with)
      : type(std::move(what)), message(std::move(with)), done(std::move(loop)) {}
  std::string type;
  std::string message;  // libssh2 does not copy it
  base::Signal done;
  bool over = false;
  bool taken = false;
  bool abandoned = false;
  LIBSSH2_CHANNEL* channel = nullptr;
  std::string error;
};

// However the one who asked goes away early, the channel is closed, now or when it comes.
class SshSession::Claim {
 public:
  Claim(SshSession& session, std::shared_ptr<Opening> opening) : session_(session), opening_(std::move(opening)) {}
  ~Claim() {
    if (opening_->taken) return;
    opening_->abandoned = true;
    if (opening_->over && opening_->channel != nullptr) session_.retire(opening_->channel);
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

 private:
  SshSession& session_;
  std::shared_ptr<Opening> opening_;
};

SshSession::SshSession(std::unique_ptr<SshPipe> pipe, std::string server, base::Executor loop)
    : pipe_(std::move(pipe)),
      server_(std::move(server)),
      loop_(loop),
      arrived_(loop),
      sent_(loop),
      output_(loop),
      wanted_(loop),
      ended_(loop) {
  // No answer is asked for: libssh2 keeps answers to global requests for ever, and every read looks through them.
  ::libssh2_keepalive_config(pipe_->session(), 0, 2);
}

std::shared_ptr<SshSession> SshSession::start(std::unique_ptr<SshPipe> pipe, std::string server, Pulse pulse,
                                              base::Scope& scope) {
  const std::shared_ptr<SshSession> self(new SshSession(std::move(pipe), std::move(server), scope.loop()));
  scope.spawn(guard(self, move_in(self)));
  scope.spawn(guard(self, move_out(self)));
  scope.spawn(guard(self, open_in_turn(self)));
  scope.spawn(guard(self, pulse.limit.count() > 0 ? take_pulse(self, pulse) : keep_alive(self)));
  return self;
}

bool SshSession::opens_promptly() const { return !opening_since_ || steady_clock::now() - *opening_since_ < kPrompt; }

void SshSession::close() { fail({SshFault::ConnectionLost, server_ + ": the session was closed"}); }

void SshSession::check() const {
  if (broken_) throw *broken_;
}

void SshSession::fail(const SshError& error) {
  if (broken_) return;
  broken_ = error;
  pipe_->close();
  for (base::Signal* signal : {&arrived_, &sent_, &output_, &wanted_, &ended_}) signal->notify();
  for (const auto& opening : openings_) opening->done.notify();
}

// The first part that ends takes the others with it.
Task<void> SshSession::guard(std::shared_ptr<SshSession> self, Task<void> part) {
  std::string words = "the session ended";
  try {
    co_await std::move(part);
  } catch (...) {
    words = base::current_status().message();
  }
  self->fail({SshFault::ConnectionLost, self->server_ + ": " + words});
}

Task<void> SshSession::move_in(std::shared_ptr<SshSession> self) {
  while (!self->broken_) {
    const bool more = co_await self->pipe_->receive();
    if (self->broken_) co_return;
    if (!more) throw SshError(SshFault::ConnectionLost, "the server closed the connection");
    self->heard_ = steady_clock::now();
    self->take_in();
    self->arrived_.notify();
  }
}

// Packets are taken in even when nobody waits: an end of a channel must be seen by who asks whether it is idle.
void SshSession::take_in() {
  for (auto it = retired_.begin(); it != retired_.end();) {
    if (::libssh2_channel_free(*it) == LIBSSH2_ERROR_EAGAIN) {
      ++it;
      continue;
    }
    channels_.erase(*it);
    it = retired_.erase(it);
  }
  if (!channels_.empty()) {
    char nothing = 0;
    const ssize_t result = ::libssh2_channel_read_ex(*channels_.begin(), 0, &nothing, 0);
    if (result < 0 && result != LIBSSH2_ERROR_EAGAIN) throw SshError(SshFault::ConnectionLost, pipe_->error_words());
  } else if (pipe_->input_size() > kMostUnread) {
    throw SshError(SshFault::ProtocolError, "the server sends what nobody asked for");
  }
  send_soon();
}

Task<void> SshSession::move_out(std::shared_ptr<SshSession> self) {
  while (!self->broken_) {
    if (self->pipe_->output_size() == 0) {
      co_await self->output_.wait();
      continue;
    }
    const std::string bytes = self->pipe_->take_output();
    co_await self->pipe_->under().write(bytes);
    self->sent_.notify();
  }
}

void SshSession::send_soon() {
  if (pipe_->output_size() > 0) output_.notify();
}

// So that nothing between here and there forgets the connection, and that TCP notices when the peer is gone.
Task<void> SshSession::keep_alive(std::shared_ptr<SshSession> self) {
  while (!self->broken_) {
    if (co_await self->ended_.wait_for(kKeepAlive)) continue;
    int ignored = 0;
    ::libssh2_keepalive_send(self->pipe_->session(), &ignored);
    self->send_soon();
  }
}

// A channel of a type that nobody knows is refused at once, and leaves nothing on either side. While another one is
// being opened there is a question already, though one whose answer may take the server long.
Task<void> SshSession::take_pulse(std::shared_ptr<SshSession> self, Pulse pulse) {
  while (!self->broken_) {
    const auto silent = self->silence();
    if (silent < pulse.after || !self->openings_.empty()) {
      co_await self->ended_.wait_for(silent < pulse.after ? pulse.after - silent : pulse.after);
      continue;
    }
    try {
      LIBSSH2_CHANNEL* channel = co_await self->open("pulse@berth.dev", "", pulse.limit);
      self->retire(channel);
    } catch (const SshError& refused) {
      if (refused.fault() != SshFault::ForwardingRefused) throw;
    }
  }
}

Task<void> SshSession::open_in_turn(std::shared_ptr<SshSession> self) {
  while (!self->broken_) {
    if (self->openings_.empty()) {
      co_await self->wanted_.wait();
      continue;
    }
    const std::shared_ptr<Opening> opening = self->openings_.front();
    if (!opening->abandoned) {
      self->opening_since_ = steady_clock::now();
      co_await self->open_one(opening);
      self->opening_since_.reset();
    }
    self->openings_.pop_front();
    opening->over = true;
    opening->done.notify();
    if (opening->abandoned && opening->channel != nullptr) self->retire(opening->channel);
  }
}

Task<void> SshSession::open_one(std::shared_ptr<Opening> opening) {
  while (!broken_) {
    opening->channel = ::libssh2_channel_open_ex(
        pipe_->session(), opening->type.data(), static_cast<unsigned>(opening->type.size()), kWindow, kPacket,
        opening->message.data(), static_cast<unsigned>(opening->message.size()));
    const int result = opening->channel != nullptr ? 0 : ::libssh2_session_last_errno(pipe_->session());
    if (result != 0 && result != LIBSSH2_ERROR_EAGAIN) opening->error = pipe_->error_words();
    send_soon();
    if (opening->channel != nullptr) channels_.insert(opening->channel);
    if (result != LIBSSH2_ERROR_EAGAIN) break;
    co_await arrived_.wait();
  }
}

Task<LIBSSH2_CHANNEL*> SshSession::open(std::string type, std::string message, steady_clock::duration limit) {
  check();
  const auto opening = std::make_shared<Opening>(loop_, std::move(type), std::move(message));
  const Claim claim(*this, opening);
  openings_.push_back(opening);
  wanted_.notify();
  const auto end = steady_clock::now() + limit;
  while (!opening->over) {
    const bool told = co_await opening->done.wait_for(end - steady_clock::now());
    check();
    if (!told && !opening->over) throw base::timeout(server_ + ": the server opens no channel in time");
  }
  if (opening->channel == nullptr) throw SshError(SshFault::ForwardingRefused, opening->error);
  opening->taken = true;
  co_return opening->channel;
}

// https://github.com/openssh/openssh-portable/blob/master/PROTOCOL, 2.4. The two fields behind the path are reserved.
Task<base::StreamPtr> SshSession::open_socket(std::string path, steady_clock::duration limit) {
  std::string message;
  append_string(message, path);
  append_string(message, "");
  append_number(message, 0);
  LIBSSH2_CHANNEL* channel = co_await open("direct-streamlocal@openssh.com", std::move(message), limit);
  co_return std::make_unique<SshChannel>(shared_from_this(), channel, co_await base::this_loop());
}

Task<base::StreamPtr> SshSession::open_tcp(std::string host, std::uint16_t port, steady_clock::duration limit) {
  std::string message;
  append_string(message, host);
  append_number(message, port);
  append_string(message, "127.0.0.1");  // where it comes from: for the server's log
  append_number(message, 0);
  LIBSSH2_CHANNEL* channel = co_await open("direct-tcpip", std::move(message), limit);
  co_return std::make_unique<SshChannel>(shared_from_this(), channel, co_await base::this_loop());
}

Task<std::unique_ptr<SshSession::Process>> SshSession::start_process(const char* command,
                                                                     steady_clock::duration limit) {
  LIBSSH2_CHANNEL* raw = nullptr;
  try {
    raw = co_await open("session", "", limit);
  } catch (const SshError& refused) {
    if (refused.fault() != SshFault::ForwardingRefused) throw;
    throw SshError(SshFault::SessionsExhausted, "the server opens no session: " + refused.message());
  }
  auto channel = std::make_unique<SshChannel>(shared_from_this(), raw, co_await base::this_loop());
  co_await channel->execute(command);
  auto process = std::make_unique<Process>();
  SshChannel* streams = channel.get();
  process->errors = [streams] { return streams->errors(); };
  process->streams = std::move(channel);
  co_return process;
}

void SshSession::retire(LIBSSH2_CHANNEL* channel) {
  if (::libssh2_channel_free(channel) == LIBSSH2_ERROR_EAGAIN) {
    retired_.push_back(channel);
  } else {
    channels_.erase(channel);
  }
  if (!broken_) send_soon();
}

}  // namespace berth::docker
