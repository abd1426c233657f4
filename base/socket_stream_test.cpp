// SPDX-License-Identifier: Apache-2.0
#include "base/socket_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "base/checked_tcp.hpp"
#include "base/prompt_tcp.hpp"
#include "base/stream_testing.hpp"

namespace {

// How often the system call below still fails, and how. A real shortage would hit the sanitizers as well.
int accepts_to_refuse = 0;
int accept_error = EMFILE;

// Acknowledgements that were asked for at once.
int acknowledgements = 0;

}  // namespace

extern "C" int accept(int socket, sockaddr* address, socklen_t* size) {
  if (accepts_to_refuse > 0) {
    --accepts_to_refuse;
    errno = accept_error;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_accept, socket, address, size));
}

extern "C" int setsockopt(int socket, int level, int option, const void* value, socklen_t size) {
  if (level == IPPROTO_TCP && option == TCP_QUICKACK) ++acknowledgements;
  return static_cast<int>(::syscall(SYS_setsockopt, socket, level, option, value, size));
}

namespace berth::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

std::optional<Status> failure_of(const std::function<void()>& act) {
  try {
    act();
  } catch (...) {
    return current_status();
  }
  return std::nullopt;
}

Task<std::optional<Status>> read_failure(Stream& stream) {
  std::exception_ptr error;
  try {
    co_await stream.read_view();
  } catch (...) {
    error = std::current_exception();
  }
  std::optional<Status> status;
  if (error) status = to_status(error);
  co_return status;
}

using MakePair = Task<StreamPair> (*)();
class EverySocket : public testing::TestWithParam<MakePair> {};
INSTANTIATE_TEST_SUITE_P(Sockets, EverySocket, testing::Values(&tcp_pair, &unix_pair),
                         [](const auto& suite) { return suite.param == &tcp_pair ? "tcp" : "unix"; });

Task<void> bytes_pass(MakePair make) {
  StreamPair pair = co_await make();
  const std::array<asio::const_buffer, 4> pieces{asio::buffer("one ", 4), asio::const_buffer(), asio::buffer("two ", 4),
                                                 asio::buffer("three", 5)};
  co_await pair.client->write(pieces);
  co_await pair.client->finish_writing();
  const std::string seen = co_await read_to_end(*pair.server);
  EXPECT_EQ(seen, "one two three");
  co_await pair.server->write("back");
  pair.server->close();
  const std::string back = co_await read_exactly(*pair.client, 100);
  EXPECT_EQ(back, "back");
}
TEST_P(EverySocket, CarriesBytesBothWaysAndHalfCloses) { run(bytes_pass(GetParam())); }

Task<void> write_blocks(Stream& stream, const std::string& block, int times) {
  const std::vector<asio::const_buffer> buffers(static_cast<std::size_t>(times), asio::buffer(block));
  co_await stream.write(buffers);
  co_await stream.finish_writing();
}

Task<void> many_buffers(MakePair make) {
  StreamPair pair = co_await make();
  std::string block(40'000, 'x');
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>('a' + i % 23);
  Scope scope(co_await this_loop(), "writer");
  scope.spawn(write_blocks(*pair.client, block, 100));
  const std::string seen = co_await read_to_end(*pair.server);
  EXPECT_EQ(seen.size(), 100 * block.size());
  bool same = true;
  for (std::size_t i = 0; i < seen.size(); ++i) same = same && seen[i] == block[i % block.size()];
  EXPECT_TRUE(same);
  co_await scope.join();
}
TEST_P(EverySocket, WritesMoreBuffersThanOneCallTakes) { run(many_buffers(GetParam())); }

Task<void> deadline(MakePair make) {
  StreamPair pair = co_await make();
  pair.client->expires_after(seconds(60));
  pair.client->expires_after(milliseconds(20));
  auto status = co_await read_failure(*pair.client);
  EXPECT_TRUE(status && status->reason() == Reason::Timeout);
  status = co_await read_failure(*pair.client);
  EXPECT_TRUE(status && status->reason() == Reason::Timeout) << "also what starts later";
  const std::string rest = co_await read_to_end(*pair.server);
  EXPECT_EQ(rest, "") << "the peer sees the end";
}
TEST_P(EverySocket, DeadlineEndsPendingAndLaterReads) { run(deadline(GetParam())); }

Task<void> later_deadline(MakePair make) {
  StreamPair pair = co_await make();
  pair.client->expires_after(milliseconds(10));
  pair.client->expires_never();
  pair.server->expires_after(milliseconds(30));
  auto status = co_await read_failure(*pair.server);  // 20 ms past the client's first deadline
  EXPECT_TRUE(status && status->reason() == Reason::Timeout);
  EXPECT_FALSE(pair.client->idle_and_open()) << "ended by the peer";
  const auto end = co_await pair.client->read_view();
  EXPECT_EQ(end, "") << "the end, not its own deadline";
}
TEST_P(EverySocket, DeadlineThatWasTakenBackDoesNothing) { run(later_deadline(GetParam())); }

Task<void> close_ends(MakePair make) {
  StreamPair pair = co_await make();
  Scope scope(co_await this_loop(), "closer");
  EXPECT_TRUE(pair.client->idle_and_open());
  asio::post(scope.loop(), [stream = pair.client.get()] { stream->close(); });
  const auto status = co_await read_failure(*pair.client);
  EXPECT_TRUE(status && status->reason() == Reason::Cancelled);
  EXPECT_FALSE(pair.client->idle_and_open());
}
TEST_P(EverySocket, CloseCancelsWhatIsPending) { run(close_ends(GetParam())); }

Task<void> note_failure(Stream& stream, std::optional<Status>& seen) {
  try {
    co_await stream.read_view();
  } catch (...) {
    seen = current_status();
  }
}

Task<void> owner_cancels(MakePair make) {
  StreamPair pair = co_await make();
  std::optional<Status> seen;
  Scope scope(co_await this_loop(), "reader");
  scope.spawn(note_failure(*pair.client, seen));
  co_await asio::post(use_task);  // the reader has begun to wait
  scope.cancel();
  co_await scope.join();
  EXPECT_TRUE(seen && seen->reason() == Reason::Cancelled);
  co_await pair.server->write("x");
  const std::string after = co_await read_exactly(*pair.client, 1);
  EXPECT_EQ(after, "x") << "a cancelled read loses nothing";
}
TEST_P(EverySocket, CancelledReadLosesNothing) { run(owner_cancels(GetParam())); }

Task<void> peer_resets() {
  StreamPair pair = co_await tcp_pair();
  co_await pair.client->write("never read");
  pair.server->close();  // with unread bytes: the kernel resets
  const auto status = co_await read_failure(*pair.client);
  EXPECT_TRUE(status && status->reason() == Reason::ServiceUnavailable);
  if (status) EXPECT_EQ(status->message(), "connection reset by peer");
}
TEST(SocketStream, ResetIsServiceUnavailable) { run(peer_resets()); }

Task<void> idle_checks() {
  StreamPair pair = co_await unix_pair();
  EXPECT_TRUE(pair.client->idle_and_open());
  co_await pair.server->write("unasked");
  EXPECT_FALSE(pair.client->idle_and_open()) << "unasked bytes would be taken for the next answer";
}
TEST(SocketStream, IdleAndOpenSeesUnaskedBytes) { run(idle_checks()); }

TEST(Connect, SaysWhatFailed) {
  const TemporaryFolder folder;
  const auto missing = failure_of([&] { run(connect_unix(folder / "none", seconds(1))); });
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->reason(), Reason::ServiceUnavailable);
  EXPECT_EQ(missing->message(), "connect to unix:" + (folder / "none") + ": No such file or directory");
  const auto closed = failure_of([] { run(connect_tcp("127.0.0.1", 1, seconds(1))); });
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->message(), "connect to 127.0.0.1:1: Connection refused");
  const auto nameless = failure_of([] { run(connect_tcp("no-such-host.invalid", 1, seconds(1))); });
  ASSERT_TRUE(nameless);
  EXPECT_EQ(nameless->reason(), Reason::ServiceUnavailable);
  EXPECT_THAT(nameless->message(), HasSubstr("resolve no-such-host.invalid"));
  const auto long_path = failure_of([] { run(connect_unix(std::string(200, 'x'), seconds(1))); });
  ASSERT_TRUE(long_path);
  EXPECT_EQ(long_path->reason(), Reason::BadRequest);
}

Task<void> connects_by_name() {
  const auto listener = listen_tcp(co_await this_loop(), "127.0.0.1:0");
  const StreamPtr client = co_await connect_tcp("localhost", listener->port(), seconds(10));
  const StreamPtr server = co_await listener->accept();
  EXPECT_THAT(server->peer(), HasSubstr("127.0.0.1:"));
  EXPECT_EQ(client->peer(), "127.0.0.1:" + std::to_string(listener->port()));
}
TEST(Connect, TriesEveryAddressOfAName) { run(connects_by_name()); }

TEST(Listen, RefusesMalformedAddresses) {
  asio::io_context context(1);
  for (const char* address : {"", "7443", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "host:1",
                              "::1:80", "[127.0.0.1]:80", "[::1]", "127.0.0.1:80 "}) {
    const auto status = failure_of([&] { listen_tcp(context.get_executor(), address); });
    ASSERT_TRUE(status) << address;
    EXPECT_EQ(status->reason(), Reason::BadRequest) << address;
  }
}

TEST(Listen, SaysThatAnAddressIsTaken) {
  asio::io_context context(1);
  const auto first = listen_tcp(context.get_executor(), "127.0.0.1:0");
  const std::string address = "127.0.0.1:" + std::to_string(first->port());
  const auto status = failure_of([&] { listen_tcp(context.get_executor(), address); });
  ASSERT_TRUE(status);
  EXPECT_EQ(status->reason(), Reason::ServiceUnavailable);
  EXPECT_EQ(status->message(), "listen on " + address + ": Address already in use");
}

TEST(Listen, ReplacesOnlyAStaleSocketFile) {
  const TemporaryFolder folder;
  asio::io_context context(1);
  auto first = listen_unix(context.get_executor(), folder / "socket");
  EXPECT_TRUE(failure_of([&] { listen_unix(context.get_executor(), folder / "socket"); })) << "in use";
  first->close();
  EXPECT_FALSE(failure_of([&] { listen_unix(context.get_executor(), folder / "socket"); })) << "stale";
  std::ofstream(folder / "file") << "precious";
  EXPECT_TRUE(failure_of([&] { listen_unix(context.get_executor(), folder / "file"); }));
  EXPECT_TRUE(std::filesystem::exists(folder / "file"));
}

Task<void> accept_after_failures(int error, int& failures) {
  const auto listener = listen_tcp(co_await this_loop(), "127.0.0.1:0");
  listener->on_failure([&failures] { ++failures; });
  const StreamPtr client = co_await connect_tcp("127.0.0.1", listener->port(), seconds(10));
  accept_error = error;
  accepts_to_refuse = 3;
  const StreamPtr accepted = co_await listener->accept();
  EXPECT_TRUE(accepted);
  EXPECT_EQ(accepts_to_refuse, 0);
}
TEST(Listen, OutlivesWhatAcceptMaySay) {
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENETUNREACH,
                          EHOSTDOWN, EHOSTUNREACH, ENONET, ENOPROTOOPT, EOPNOTSUPP, ETIMEDOUT, ECONNRESET}) {
    int failures = 0;
    testing::internal::CaptureStderr();
    run(accept_after_failures(error, failures));
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(failures, 3) << std::strerror(error);
    EXPECT_THAT(log, HasSubstr("cannot accept connections"));
    EXPECT_EQ(log.find("cannot accept"), log.rfind("cannot accept")) << "said once: " << log;
  }
}

Task<void> accept_on_a_lost_socket() {
  const auto listener = listen_tcp(co_await this_loop(), "127.0.0.1:0");
  accept_error = EINVAL;
  accepts_to_refuse = 1;
  co_await listener->accept();
}
TEST(Listen, EndsWhenTheSocketItselfIsLost) {
  const auto failure = failure_of([] { run(accept_on_a_lost_socket()); });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->reason(), Reason::ServiceUnavailable);
}

Task<void> note_accept_failure(Listener& listener, std::optional<Status>& seen) {
  try {
    co_await listener.accept();
  } catch (...) {
    seen = current_status();
  }
}

Task<void> close_while_accepting() {
  const auto listener = listen_tcp(co_await this_loop(), "127.0.0.1:0");
  std::optional<Status> seen;
  Scope scope(co_await this_loop(), "acceptor");
  scope.spawn(note_accept_failure(*listener, seen));
  co_await asio::post(use_task);
  listener->close();
  co_await scope.join();
  EXPECT_TRUE(seen && seen->reason() == Reason::Cancelled);
}
TEST(Listen, CloseEndsAccept) { run(close_while_accepting()); }

Task<void> greet(std::shared_ptr<StreamPtr> stream) {
  co_await (*stream)->write("hello from the other loop");
  (*stream)->close();
}

Task<void> join(Scope& scope) { co_await scope.join(); }

Task<void> accept_for_other(Loop& other) {
  const auto listener = listen_tcp(co_await this_loop(), "127.0.0.1:0");
  const StreamPtr client = co_await connect_tcp("127.0.0.1", listener->port(), seconds(10));
  auto stream = std::make_shared<StreamPtr>(co_await listener->accept_for(other.executor()));
  Scope scope(other.executor(), "connections");
  scope.spawn_from_anywhere([stream] { return greet(stream); });
  stream.reset();
  const std::string seen = co_await read_to_end(*client);
  EXPECT_EQ(seen, "hello from the other loop");
  other.run_and_wait([&scope] { return join(scope); });
}
TEST(Listen, AcceptsForAnotherLoop) {
  Loop other("other");
  run(accept_for_other(other));
}

Task<void> check_prompt() {
  const auto listener = listen_tcp(co_await this_loop(), "127.0.0.1:0");
  const StreamPtr prompt = co_await connect_tcp_prompt("127.0.0.1", listener->port(), seconds(10), seconds(40));
  const StreamPtr peer = co_await listener->accept();
  char byte = 0;
  acknowledgements = 0;
  for (int round = 1; round <= 3; ++round) {
    co_await peer->write("a");
    if (round % 2 == 1) {
      const std::string_view view = co_await prompt->read_view();
      EXPECT_EQ(view, "a");
    } else {
      co_await prompt->read_some(asio::buffer(&byte, 1));
    }
    EXPECT_EQ(acknowledgements, round);
    co_await prompt->write("b");
    co_await peer->read_some(asio::buffer(&byte, 1));
    EXPECT_EQ(acknowledgements, round) << "an ordinary connection does not ask";
  }
}

TEST(SocketStream, PromptOneAcknowledgesEachReceiveAtOnce) { run(check_prompt()); }

TEST(SocketStream, ACheckSeesEveryAddressThatANameStandsFor) {
  std::vector<std::string> asked;
  const AddressCheck refuse_v4 = [&asked](const std::string& address) {
    asked.push_back(address);
    return std::string(address == "127.0.0.1" ? "not there" : "");
  };
  try {
    run(connect_tcp_checked("localhost", 1, seconds(1), refuse_v4));
    ADD_FAILURE() << "refused";
  } catch (const Status& status) {
    EXPECT_EQ(status.reason(), Reason::Forbidden);
    EXPECT_EQ(status.message(), "connect to localhost:1: not there");
  }
  EXPECT_EQ(asked, (std::vector<std::string>{"::1", "127.0.0.1"}));
}

}  // namespace
}  // namespace berth::base
