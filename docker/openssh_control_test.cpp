// SPDX-License-Identifier: Apache-2.0
#include "docker/openssh_control.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/stream_testing.hpp"
#include "docker/openssh_streams.hpp"
#include "docker/ssh_wire.hpp"

namespace berth::docker {
namespace {

using base::Task;
using std::chrono::seconds;

std::string packet(std::initializer_list<std::uint32_t> numbers, std::string_view text = {}) {
  std::string body;
  for (const std::uint32_t number : numbers) append_number(body, number);
  if (!text.empty()) append_string(body, text);
  std::string whole;
  append_string(whole, body);
  return whole;
}

const std::string kHello = packet({1, 4});

// An ssh that answers with what it is told to, and keeps what it was asked.
struct Master {
  explicit Master(base::Executor loop)
      : path(folder / "control"), listener(base::listen_unix(loop, path)), parts(loop, "parts") {}
  base::TemporaryFolder folder;
  std::string path;
  std::unique_ptr<base::Listener> listener;
  base::Scope parts;
  std::string asked;

  // Reads `size` bytes before it answers, and all that comes after.
  Task<void> serve(std::size_t size, std::string answer) {
    const base::StreamPtr visitor = co_await listener->accept();
    asked = co_await base::read_exactly(*visitor, size);
    co_await visitor->write(answer);
    if (answer.empty()) co_return;
    asked += co_await base::read_to_end(*visitor);
  }
};

SshServer next_server() {
  SshServer server;
  server.address = "vm-1";
  server.port = 2222;
  return server;
}

std::string connect_request() {
  std::string body;
  for (const std::uint32_t number : {0x10000008u, 1u}) append_number(body, number);
  append_string(body, "");
  append_string(body, "vm-1");
  append_number(body, 2222);
  std::string whole;
  append_string(whole, body);
  return kHello + whole + std::string(2, '\0');  // a byte for each descriptor
}

Task<std::optional<SshFault>> connect(Master& master, std::string* words) {
  OpensshControl control(co_await base::this_loop(), master.path);
  const OpensshStreams streams;
  std::optional<SshFault> fault;
  try {
    co_await control.connect(next_server(), streams.from_program(), streams.to_program(), seconds(20));
  } catch (const SshError& error) {
    fault = error.fault();
    *words = error.message();
  }
  co_return fault;
}

Task<void> check_answers() {
  const std::string opened = packet({1, 4}) + packet({0x80000006, 1, 3});
  const std::string refused = packet({1, 4}) + packet({0x80000003, 1}, "Session open refused by peer");
  const std::pair<std::string, std::optional<SshFault>> cases[] = {
      {opened, std::nullopt}, {refused, SshFault::ForwardingRefused}, {"", SshFault::ClientFailed}};
  for (const auto& [answer, expected] : cases) {
    Master master(co_await base::this_loop());
    master.parts.spawn(master.serve(connect_request().size(), answer));
    std::string words;
    const std::optional<SshFault> fault = co_await connect(master, &words);
    co_await master.parts.join();
    EXPECT_EQ(fault, expected) << words;
    EXPECT_EQ(master.asked, connect_request());
    if (fault == SshFault::ForwardingRefused) {
      EXPECT_EQ(words,
                "vm-1:2222: not reached through the jump before it: "
                "Session open refused by peer");
    }
  }
}

Task<void> bring_and_go(Master& master) {
  OpensshControl control(co_await base::this_loop(), master.path);
  co_await control.bring(4711, next_server(), seconds(20));
}

std::string forward_request(std::uint32_t type) {
  std::string body;
  for (const std::uint32_t number : {type, 1u, 1u}) append_number(body, number);
  append_string(body, "127.0.0.1");
  append_number(body, 4711);
  append_string(body, "vm-1");
  append_number(body, 2222);
  std::string whole;
  append_string(whole, body);
  return whole;
}

// A port that was brought is closed again, however its owner goes.
Task<void> check_port() {
  Master master(co_await base::this_loop());
  const std::string open = kHello + forward_request(0x10000006);
  master.parts.spawn(master.serve(open.size(), packet({1, 4}) + packet({0x80000001, 1})));
  co_await bring_and_go(master);
  co_await master.parts.join();
  EXPECT_EQ(master.asked, open + forward_request(0x10000007));
}

TEST(OpensshControl, AsksForAConnectionAndTellsAnswersApart) { base::run(check_answers()); }
TEST(OpensshControl, ClosesThePortThatItBrought) { base::run(check_port()); }

TEST(OpensshControl, SaysThatNobodyListens) {
  boost::asio::io_context loop;
  try {
    const OpensshControl control(loop.get_executor(), "/nonexistent/control");
    FAIL() << "connected to nobody";
  } catch (const SshError& error) {
    EXPECT_EQ(error.fault(), SshFault::ClientFailed);
  }
}

// An ssh that exchanges keys accepts nobody. Whoever would wait for it here would hold up all hosts.
TEST(OpensshControl, DoesNotWaitForRoomInAFullQueue) {
  boost::asio::io_context loop;
  const base::TemporaryFolder folder;
  const std::string path = folder / "control";
  using Protocol = boost::asio::local::stream_protocol;
  Protocol::acceptor stuck(loop, Protocol());
  stuck.bind(Protocol::endpoint(path));
  stuck.listen(0);
  std::vector<std::unique_ptr<OpensshControl>> waiting;
  try {
    while (waiting.size() < 10) waiting.push_back(std::make_unique<OpensshControl>(loop.get_executor(), path));
    FAIL() << "room for all";
  } catch (const SshError& error) {
    EXPECT_EQ(error.fault(), SshFault::NoAnswer) << error.message();
  }
}

// One that is slow to reach a server has greeted us.
Task<void> check_silence() {
  const std::pair<std::string, SshFault> cases[] = {{kHello, SshFault::NoAnswer}, {"", SshFault::ClientFailed}};
  for (const auto& [greeting, expected] : cases) {
    Master master(co_await base::this_loop());
    OpensshControl control(co_await base::this_loop(), master.path);
    const base::StreamPtr visitor = co_await master.listener->accept();
    co_await visitor->write(greeting);
    std::optional<SshFault> fault;
    try {
      co_await control.bring(4711, next_server(), std::chrono::milliseconds(200));
    } catch (const SshError& error) {
      fault = error.fault();
    }
    EXPECT_EQ(fault, expected);
  }
}

TEST(OpensshControl, TellsAnSshThatDoesNotAnswerFromAServerThatDoesNot) { base::run(check_silence()); }

// What the program writes, the other reads, and the other way round.
TEST(OpensshStreams, AreTwoPipes) {
  const OpensshStreams streams;
  char got = 0;
  EXPECT_EQ(::write(streams.output(), "a", 1), 1);
  EXPECT_EQ(::read(streams.from_program(), &got, 1), 1);
  EXPECT_EQ(got, 'a');
  EXPECT_EQ(::write(streams.to_program(), "b", 1), 1);
  EXPECT_EQ(::read(streams.input(), &got, 1), 1);
  EXPECT_EQ(got, 'b');
}

}  // namespace
}  // namespace berth::docker
