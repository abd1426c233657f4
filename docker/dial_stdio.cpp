// SPDX-License-Identifier: Apache-2.0
#include "docker/dial_stdio.hpp"

#include <algorithm>
#include <optional>

#include "docker/ping_probe.hpp"

namespace berth::docker {

using base::Task;
using std::chrono::steady_clock;

namespace {

constexpr const char* kCommand = "docker system dial-stdio";
// The server frees a session some time after it has confirmed its end.
constexpr auto kAskAgain = std::chrono::milliseconds(100);
constexpr int kTries = 5;
constexpr std::size_t kLeast = 2;

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

SshError failure_of(const std::string& errors) {
  if (errors.find("command not found") != std::string::npos || errors.find("docker: not found") != std::string::npos ||
      errors.find("docker: No such file") != std::string::npos) {
    return {SshFault::DockerMissing, "the host has no docker command: " + errors};
  }
  return {SshFault::EngineSocketRefused, errors.empty() ? "it ends without a word" : errors};
}

}  // namespace

struct DialStdio::Room {
  std::size_t guests = 0;
  std::size_t most = 0;  // 0: not known
  std::function<void()> tell;
};

// A process that is counted as long as its stream lives.
class DialStdio::Guest final : public base::Stream {
 public:
  Guest(Process process, std::shared_ptr<SshLink> link, std::shared_ptr<Room> room)
      : link_(std::move(link)), process_(std::move(process)), room_(std::move(room)) {
    ++room_->guests;
  }
  ~Guest() override {
    process_.reset();
    --room_->guests;
    if (room_->tell) room_->tell();
  }

  Task<std::size_t> read_some(base::asio::mutable_buffer into) override { return under().read_some(into); }
  Task<std::string_view> read_view() override { return under().read_view(); }
  Task<void> write(std::span<const base::asio::const_buffer> buffers) override { return under().write(buffers); }
  Task<void> finish_writing() override { return under().finish_writing(); }
  void close() override { under().close(); }
  void expires_after(steady_clock::duration duration) override { under().expires_after(duration); }
  void expires_never() override { under().expires_never(); }
  std::string peer() const override { return process_->streams->peer(); }
  bool idle_and_open() override { return under().idle_and_open(); }
  using Stream::write;

  std::string errors() const { return process_->errors(); }

 private:
  base::Stream& under() { return *process_->streams; }
  std::shared_ptr<SshLink> link_;
  Process process_;
  std::shared_ptr<Room> room_;
};

DialStdio::DialStdio() : room_(std::make_shared<Room>()) {}
DialStdio::~DialStdio() = default;

bool DialStdio::full() const { return room_->most > 0 && room_->guests >= room_->most; }

void DialStdio::on_room(std::function<void()> tell) { room_->tell = std::move(tell); }

Task<DialStdio::Process> DialStdio::start(std::shared_ptr<SshLink> link, steady_clock::duration limit) {
  const std::shared_ptr<Room> room = room_;
  if (room->guests == 0) room->most = 0;  // another session, perhaps another limit
  for (int tries = 0;; ++tries) {
    std::optional<SshError> refused;
    try {
      co_return co_await link->session().start_process(kCommand, limit);
    } catch (const SshError& error) {
      if (error.fault() != SshFault::SessionsExhausted) throw;
      refused = error;
    }
    if (tries == kTries || full()) {
      if (room->guests >= kLeast) {
        room->most = room->guests;
        throw *refused;
      }
      // One is for events, so calls need another.
      throw SshError(refused->fault(), refused->message() +
                                           "; DialStdio needs one for events and one for each call at a time: raise "
                                           "MaxSessions, or allow forwarding to sockets");
    }
    co_await base::sleep_for(kAskAgain);
  }
}

Task<base::StreamPtr> DialStdio::open(std::shared_ptr<SshLink> link, steady_clock::duration limit) {
  Process process = co_await start(link, limit);
  co_return std::make_unique<Guest>(std::move(process), std::move(link), room_);
}

Task<base::StreamPtr> DialStdio::probe(std::shared_ptr<SshLink> link, steady_clock::duration limit) {
  Process process = co_await start(link, limit);
  auto guest = std::make_unique<Guest>(std::move(process), std::move(link), room_);
  const bool answered = co_await answers_ping(*guest, limit);
  if (!answered) throw failure_of(one_line(guest->errors()));
  co_return guest;
}

}  // namespace berth::docker
