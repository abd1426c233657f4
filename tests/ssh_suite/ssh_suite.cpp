// SPDX-License-Identifier: Apache-2.0
// The SSH client against a real sshd: what libssh2 makes easy to get wrong. Port, user's key and host key come from the
// environment (BERTH_SSH_PORT, BERTH_SSH_USER, BERTH_SSH_KEY, BERTH_SSH_HOST_KEY: the last two are files). The other
// end of the channels is a socket of this process.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/metrics.hpp"
#include "base/prompt_tcp.hpp"
#include "base/scope.hpp"
#include "base/stream_testing.hpp"
#include "docker/ssh_hub.hpp"

namespace berth::docker {
namespace {

using base::Task;
using std::chrono::seconds;

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw std::runtime_error(std::string(name) + " is not set");
  return value;
}

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

SshChain chain() {
  SshServer server;
  server.address = "127.0.0.1";
  server.port = static_cast<std::uint16_t>(std::stoi(setting("BERTH_SSH_PORT")));
  server.user = setting("BERTH_SSH_USER");
  const std::string pinned = text_of(setting("BERTH_SSH_HOST_KEY"));
  server.host_keys = {host_key_from_line(pinned.substr(0, pinned.find('\n')))};
  server.identity = [] {
    SshIdentity identity;
    identity.private_key = WipedString(text_of(setting("BERTH_SSH_KEY")));
    return identity;
  };
  return {{server}, {"key"}};
}

// Byte number i of what is sent: each place has its own, so that nothing can be lost or moved unseen.
char byte_at(std::size_t i) { return static_cast<char>((i * 2654435761u) >> 13); }

std::string piece(std::size_t from, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = byte_at(from + i);
  return bytes;
}

constexpr std::size_t kPiece = 100'000;

// `done` grows by what was sent.
Task<void> send_pattern(base::Stream& stream, std::size_t size, std::size_t* done = nullptr) {
  for (std::size_t sent = 0; sent < size; sent += kPiece) {
    const std::string bytes = piece(sent, std::min(kPiece, size - sent));
    co_await stream.write(bytes);
    if (done != nullptr) *done += bytes.size();
  }
  co_await stream.finish_writing();
}

Task<void> expect_pattern(base::Stream& stream, std::size_t size) {
  std::size_t seen = 0;
  while (true) {
    const std::string_view bytes = co_await stream.read_view();
    if (bytes.empty()) break;
    for (const char c : bytes) {
      if (c != byte_at(seen++)) throw std::runtime_error("another byte at " + std::to_string(seen - 1));
    }
  }
  if (seen != size) throw std::runtime_error("an end after " + std::to_string(seen));
}

// What listens at the far end: the first byte of a connection says what it is to do.
class FarEnd {
 public:
  explicit FarEnd(base::Executor loop)
      : path_(folder_ / "far"), listener_(base::listen_unix(loop, path_)), scope_(loop, "far") {
    scope_.spawn(accept_all());
  }
  const std::string& path() const { return path_; }
  Task<void> stop() {
    listener_->close();
    scope_.cancel();
    co_await scope_.join();
  }
  static constexpr std::size_t kBulk = 32 * 1024 * 1024;
  // By all that were asked to send.
  std::size_t sent() const { return sent_; }

 private:
  Task<void> accept_all() {
    while (true) {
      base::StreamPtr stream = co_await listener_->accept();
      scope_.spawn(serve(std::move(stream)));
    }
  }
  Task<void> serve(base::StreamPtr stream) {
    char order = 0;
    const std::size_t count = co_await stream->read_some(base::asio::buffer(&order, 1));
    if (count == 0) co_return;
    if (order == 'S') co_return co_await send_pattern(*stream, kBulk, &sent_);
    if (order == 'R') {
      co_await expect_pattern(*stream, kBulk);
      co_await stream->write("all");
      co_return;
    }
    while (true) {
      std::string echo(co_await stream->read_view());
      if (echo.empty()) co_return;
      co_await stream->write(echo);
    }
  }

  base::TemporaryFolder folder_;
  std::string path_;
  std::size_t sent_ = 0;
  std::unique_ptr<base::Listener> listener_;
  base::Scope scope_;
};

// A session with the server, and its far end.
struct World {
  explicit World(base::Executor loop) : hub(loop, metrics), far(loop), parts(loop, "parts") {}
  base::Metrics metrics;
  SshHub hub;
  FarEnd far;
  base::Scope parts;
  std::shared_ptr<SshLink> link;
  int done = 0;

  Task<base::StreamPtr> open() { co_return co_await link->session().open_socket(far.path(), seconds(20)); }
};

Task<void> run_in_world(Task<void> (*test)(World&)) {
  World world(co_await base::this_loop());
  world.link = co_await world.hub.reach(chain());
  std::exception_ptr error;
  try {
    co_await base::within(seconds(120), "the test", test(world));
  } catch (...) {
    error = std::current_exception();
  }
  world.parts.cancel();
  co_await world.parts.join();
  world.link.reset();
  co_await world.far.stop();
  co_await world.hub.stop();
  if (error) std::rethrow_exception(error);
}

Task<void> echo(World& world, int rounds) {
  const base::StreamPtr stream = co_await world.open();
  co_await stream->write("E");
  for (int i = 0; i < rounds; ++i) {
    const std::string sent = "round " + std::to_string(i);
    co_await stream->write(sent);
    const std::string back = co_await base::read_exactly(*stream, sent.size());
    EXPECT_EQ(back, sent);
  }
  ++world.done;
}

Task<void> receive_bulk(World& world) {
  const base::StreamPtr stream = co_await world.open();
  co_await stream->write("S");
  co_await expect_pattern(*stream, FarEnd::kBulk);
  ++world.done;
}

Task<void> send_bulk(World& world) {
  const base::StreamPtr stream = co_await world.open();
  co_await stream->write("R");
  co_await send_pattern(*stream, FarEnd::kBulk);
  const std::string said = co_await base::read_exactly(*stream, 3);
  EXPECT_EQ(said, "all");
  ++world.done;
}

// Every channel gets its answers, though most of them arrive while another one reads.
Task<void> check_many_channels(World& world) {
  for (int i = 0; i < 64; ++i) world.parts.spawn(echo(world, 50));
  co_await world.parts.join();
  EXPECT_EQ(world.done, 64);
}

// Reads send window adjustments in the middle of writes that fill every buffer; and the server changes keys meanwhile.
Task<void> check_bulk_both_ways(World& world) {
  for (int i = 0; i < 2; ++i) {
    world.parts.spawn(receive_bulk(world));
    world.parts.spawn(send_bulk(world));
  }
  world.parts.spawn(echo(world, 50));
  co_await world.parts.join();
  EXPECT_EQ(world.done, 5);
}

Task<void> settle(World& world) {
  // The server has confirmed all closes that came before this one's echo.
  while (world.link->session().channels() > 1) co_await echo(world, 1);
}

Task<void> check_nothing_stays(World& world) {
  const auto descriptors = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  co_await echo(world, 1);
  const auto before = descriptors();
  for (int i = 0; i < 300; ++i) co_await echo(world, 1);
  co_await settle(world);
  EXPECT_LE(descriptors(), before + 2);  // the far end's of the last one may be on its way
}

Task<void> open_and_forget(World& world) {
  const base::StreamPtr stream = co_await world.open();
  ADD_FAILURE() << "opened, though its owner had gone";
}

// Who gives up while a channel is being opened leaves nothing, and the next one gets its own channel.
Task<void> check_abandoned_opening(World& world) {
  for (int i = 0; i < 20; ++i) {
    base::Scope hasty(world.parts.loop(), "hasty");
    hasty.spawn(open_and_forget(world));
    co_await base::asio::post(base::use_task);  // the opening is on its way
    hasty.cancel();
    co_await hasty.join();
  }
  co_await echo(world, 3);
  co_await settle(world);
  EXPECT_LE(world.link->session().channels(), 1u);
}

Task<void> check_refusals(World& world) {
  std::optional<SshFault> fault;
  try {
    co_await world.link->session().open_socket("/nonexistent/socket", seconds(20));
  } catch (const SshError& error) {
    fault = error.fault();
  }
  EXPECT_EQ(fault, SshFault::ForwardingRefused);
  co_await echo(world, 1);
}

constexpr std::size_t kMiB = 1024 * 1024;

// Who reads nothing has one window waiting here, however busy the session is.
Task<void> check_idle_window(World& world) {
  const base::StreamPtr idle = co_await world.open();
  co_await idle->write("S");
  co_await receive_bulk(world);
  EXPECT_LT(world.far.sent(), FarEnd::kBulk + 4 * kMiB);
}

// Who has read as fast as the server could send has more than that on its way.
Task<void> check_fast_window(World& world) {
  const base::StreamPtr fast = co_await world.open();
  co_await fast->write("S");
  std::size_t seen = 0;
  while (seen < 16 * kMiB) {
    const std::string_view bytes = co_await fast->read_view();
    seen += bytes.size();
  }
  while (world.far.sent() < seen + 5 * kMiB) co_await base::asio::post(base::use_task);
}

Task<std::size_t> read_at_least(base::Stream& stream, std::size_t size) {
  std::size_t seen = 0;
  while (seen < size) {
    const std::string_view bytes = co_await stream.read_view();
    seen += bytes.size();
  }
  co_return seen;
}

// Who was fast and has stopped has no wide window opened again by what it reads of what is waiting.
Task<void> check_stalled_window(World& world) {
  const base::StreamPtr stream = co_await world.open();
  co_await stream->write("S");
  std::size_t seen = co_await read_at_least(*stream, 16 * kMiB);
  while (world.far.sent() < seen + 6 * kMiB) co_await base::asio::post(base::use_task);
  co_await echo(world, 50);  // what was sent arrives before these do
  seen += co_await read_at_least(*stream, 5 * kMiB);
  co_await receive_bulk(world);
  EXPECT_LT(world.far.sent(), FarEnd::kBulk + seen + 6 * kMiB);
}

// A command whose standard error is larger than the window: it must not stall, nor hide the end.
Task<void> check_errors_are_drained(World& world) {
  const auto process =
      co_await world.link->session().start_process("head -c 8000000 /dev/zero >&2; echo done", seconds(20));
  const std::string said = co_await base::read_to_end(*process->streams);
  EXPECT_EQ(said, "done\n");
  EXPECT_EQ(process->errors().size(), 4096u);
}

// A connection that can fall silent without an end.
class Link final : public base::Stream {
 public:
  Link(base::StreamPtr under, base::Executor loop) : under_(std::move(under)), cut_(std::move(loop)) {}

  void go_silent() { silent_ = true; }
  int reads() const { return reads_; }

  Task<std::size_t> read_some(base::asio::mutable_buffer into) override {
    const std::size_t count = co_await under_->read_some(into);
    co_await let_through();
    co_return count;
  }
  Task<std::string_view> read_view() override {
    const std::string_view bytes = co_await under_->read_view();
    co_await let_through();
    co_return bytes;
  }
  Task<void> write(std::span<const base::asio::const_buffer> buffers) override { return under_->write(buffers); }
  Task<void> finish_writing() override { return under_->finish_writing(); }
  void close() override {
    under_->close();
    silent_ = false;
    cut_.notify();
  }
  void expires_after(std::chrono::steady_clock::duration duration) override { under_->expires_after(duration); }
  void expires_never() override { under_->expires_never(); }
  std::string peer() const override { return under_->peer(); }
  bool idle_and_open() override { return under_->idle_and_open(); }
  using Stream::write;

 private:
  Task<void> let_through() {
    ++reads_;
    while (silent_) co_await cut_.wait();
  }

  base::StreamPtr under_;
  base::Signal cut_;
  bool silent_ = false;
  int reads_ = 0;
};

struct Pulsed {
  Link* link = nullptr;  // as long as the session
  std::shared_ptr<SshSession> session;
};

Task<Pulsed> start_pulsed(World& world, SshSession::Pulse pulse) {
  const SshServer server = chain().servers.front();
  base::StreamPtr stream = co_await base::connect_tcp_prompt(server.address, server.port, seconds(20), seconds(20));
  auto link = std::make_unique<Link>(std::move(stream), co_await base::this_loop());
  Pulsed pulsed{link.get(), nullptr};
  auto pipe = std::make_unique<SshPipe>(std::move(link));
  co_await log_in(*pipe, server, seconds(20));
  pulsed.session = SshSession::start(std::move(pipe), server.name(), pulse, world.parts);
  co_return pulsed;
}

// A server that is asked whether it is there says so as often as it is asked, and the session goes on.
Task<void> check_pulse(World& world) {
  const Pulsed pulsed = co_await start_pulsed(world, {std::chrono::milliseconds(1), seconds(100)});
  const int before = pulsed.link->reads();
  while (pulsed.link->reads() < before + 20) co_await base::asio::post(base::use_task);
  EXPECT_TRUE(pulsed.session->alive());
  const base::StreamPtr stream = co_await pulsed.session->open_socket(world.far.path(), seconds(20));
  co_await stream->write("Eecho");
  const std::string back = co_await base::read_exactly(*stream, 4);
  EXPECT_EQ(back, "echo");
  EXPECT_EQ(pulsed.session->channels(), 1u);
  pulsed.session->close();
}

// One that says nothing any more is found by that, without an end of its connection.
Task<void> check_silence(World& world) {
  const Pulsed pulsed = co_await start_pulsed(world, {std::chrono::milliseconds(1), std::chrono::milliseconds(50)});
  pulsed.link->go_silent();
  while (pulsed.session->alive()) co_await base::asio::post(base::use_task);
}

TEST(SshSuite, EveryChannelIsWokenByWhatAnotherReads) { base::run(run_in_world(check_many_channels)); }
TEST(SshSuite, BulkBothWaysAtOnceThroughNewKeys) { base::run(run_in_world(check_bulk_both_ways)); }
TEST(SshSuite, OneWindowWaitsForWhoReadsNothing) { base::run(run_in_world(check_idle_window)); }
TEST(SshSuite, AWiderWindowIsOpenForWhoReadsFast) { base::run(run_in_world(check_fast_window)); }
TEST(SshSuite, TheWindowNarrowsForWhoStops) { base::run(run_in_world(check_stalled_window)); }
TEST(SshSuite, NoChannelAndNoDescriptorStays) { base::run(run_in_world(check_nothing_stays)); }
TEST(SshSuite, AnOpeningThatNobodyWaitsForIsClosed) { base::run(run_in_world(check_abandoned_opening)); }
TEST(SshSuite, ARefusedOpeningLeavesTheSessionWhole) { base::run(run_in_world(check_refusals)); }
TEST(SshSuite, AServerThatIsAskedWhetherItIsThereSaysSo) { base::run(run_in_world(check_pulse)); }
TEST(SshSuite, AServerThatFallsSilentIsFound) { base::run(run_in_world(check_silence)); }
TEST(SshSuite, StandardErrorDoesNotStallACommand) { base::run(run_in_world(check_errors_are_drained)); }

}  // namespace
}  // namespace berth::docker
