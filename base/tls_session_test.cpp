// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <future>
#include <random>

#include "base/openssl_handles.hpp"
#include "base/stream_testing.hpp"
#include "base/tls.hpp"

namespace berth::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

// One authority for all tests: a server and two clients under it, and a stranger under another.
struct Identities {
  WallTime now = std::chrono::system_clock::now();
  PemPair ca = make_ca("berth-ca", now);
  PemPair other_ca = make_ca("other-ca", now);
  PemPair server = make_leaf(
      ca, {.common_name = "berthd", .dns_names = {"berth.test"}, .ip_addresses = {"127.0.0.1"}, .for_server = true},
      now);
  PemPair alice = make_leaf(ca, {.common_name = "alice", .organizations = {"devs", "ops"}}, now);
  PemPair mallory = make_leaf(other_ca, {.common_name = "alice", .organizations = {"system:masters"}}, now);
};

const Identities& identities() {
  static const Identities made;
  return made;
}

std::shared_ptr<TlsContext> server_context() {
  return TlsContext::for_server(identities().server, identities().ca.certificate);
}

std::shared_ptr<TlsContext> client_context(std::optional<PemPair> identity = std::nullopt) {
  return TlsContext::for_client(identities().ca.certificate, identity);
}

// Counts what a TLS session asks of the stream below.
class CountingStream : public Stream {
 public:
  struct Counts {
    int writes = 0;
    std::size_t bytes = 0;
  };
  CountingStream(StreamPtr under, Counts& counts) : under_(std::move(under)), counts_(counts) {}
  Task<std::size_t> read_some(asio::mutable_buffer into) override { return under_->read_some(into); }
  Task<std::string_view> read_view() override { return under_->read_view(); }
  Task<void> write(std::span<const asio::const_buffer> buffers) override {
    ++counts_.writes;
    counts_.bytes += asio::buffer_size(buffers);
    return under_->write(buffers);
  }
  Task<void> finish_writing() override { return under_->finish_writing(); }
  void close() override { under_->close(); }
  void expires_after(std::chrono::steady_clock::duration duration) override { under_->expires_after(duration); }
  void expires_never() override { under_->expires_never(); }
  std::string peer() const override { return under_->peer(); }
  bool idle_and_open() override { return under_->idle_and_open(); }

 private:
  StreamPtr under_;
  Counts& counts_;
};

struct Handshake {
  std::unique_ptr<TlsStream> server;
  std::unique_ptr<TlsStream> client;
  std::optional<Status> server_failure;
  std::optional<Status> client_failure;
};

Task<void> do_accept(StreamPtr under, std::shared_ptr<TlsContext> context, Handshake& result) {
  try {
    result.server = co_await accept_tls(std::move(under), std::move(context), seconds(10));
  } catch (...) {
    result.server_failure = current_status();
  }
}

Task<void> do_connect(StreamPtr under, std::shared_ptr<TlsContext> context, std::string name, Handshake& result) {
  try {
    result.client = co_await connect_tls(std::move(under), std::move(context), name, seconds(10));
  } catch (...) {
    result.client_failure = current_status();
  }
}

Task<Handshake> shake(StreamPair pair, std::shared_ptr<TlsContext> server, std::shared_ptr<TlsContext> client,
                      std::string name) {
  Handshake result;
  Scope scope(co_await this_loop(), "handshake");
  scope.spawn(do_accept(std::move(pair.server), std::move(server), result));
  scope.spawn(do_connect(std::move(pair.client), std::move(client), std::move(name), result));
  co_await scope.join();
  co_return result;
}

Task<Handshake> shake(std::shared_ptr<TlsContext> server, std::shared_ptr<TlsContext> client, std::string name) {
  StreamPair pair = co_await tcp_pair();
  Handshake result = co_await shake(std::move(pair), std::move(server), std::move(client), std::move(name));
  co_return result;
}

std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

Task<void> greet_each_other() {
  Handshake tls = co_await shake(server_context(), client_context(identities().alice), "berth.test");
  EXPECT_FALSE(tls.server_failure || tls.client_failure);
  if (!tls.server || !tls.client) co_return;
  const auto peer = tls.server->peer_certificate();
  EXPECT_TRUE(peer.has_value());
  if (peer) EXPECT_EQ(peer->common_name, "alice");
  if (peer) EXPECT_THAT(peer->organizations, ElementsAre("devs", "ops"));
  const auto seen_server = tls.client->peer_certificate();
  EXPECT_TRUE(seen_server && seen_server->common_name == "berthd");
  EXPECT_TRUE(tls.client->idle_and_open());
  co_await tls.client->write("hello");
  const std::string hello = co_await read_exactly(*tls.server, 5);
  EXPECT_EQ(hello, "hello");
  co_await tls.server->write("good bye");
  co_await tls.server->finish_writing();
  const std::string bye = co_await read_to_end(*tls.client);
  EXPECT_EQ(bye, "good bye");
  EXPECT_FALSE(tls.client->idle_and_open());
}
TEST(Tls, ProvesBothSidesAndEndsCleanly) { run(greet_each_other()); }

Task<void> without_client_certificate() {
  Handshake tls = co_await shake(server_context(), client_context(), "127.0.0.1");
  EXPECT_TRUE(tls.server && tls.client) << "an IP address is a server name too";
  if (tls.server) EXPECT_FALSE(tls.server->peer_certificate().has_value());
}
TEST(Tls, ClientCertificateIsOptional) { run(without_client_certificate()); }

Task<void> wrong_name(std::string name) {
  const Handshake tls = co_await shake(server_context(), client_context(), name);
  EXPECT_TRUE(tls.client_failure && tls.client_failure->reason() == Reason::Unauthorized) << name;
  EXPECT_FALSE(tls.server);
}
TEST(Tls, ClientRefusesAnotherName) {
  run(wrong_name("other.test"));
  run(wrong_name("127.0.0.2"));
  run(wrong_name("berthd"));  // the common name is no host name
}

Task<void> wrong_ca() {
  const auto stranger = TlsContext::for_client(identities().other_ca.certificate, std::nullopt);
  const Handshake tls = co_await shake(server_context(), stranger, "berth.test");
  EXPECT_TRUE(tls.client_failure && tls.client_failure->reason() == Reason::Unauthorized);
  if (tls.client_failure) EXPECT_THAT(tls.client_failure->message(), HasSubstr("certificate verify failed"));
  EXPECT_TRUE(tls.server_failure && tls.server_failure->reason() == Reason::Unauthorized) << "told by an alert";
}
TEST(Tls, ClientRefusesAnotherAuthority) { run(wrong_ca()); }

Task<void> wrong_client_ca() {
  Handshake tls = co_await shake(server_context(), client_context(identities().mallory), "berth.test");
  EXPECT_TRUE(tls.server_failure && tls.server_failure->reason() == Reason::Unauthorized);
  if (!tls.client) co_return;
  // With TLS 1.3 the client is told only after its own handshake is over.
  std::optional<Status> seen;
  try {
    co_await tls.client->read_view();
  } catch (...) {
    seen = current_status();
  }
  EXPECT_TRUE(seen && seen->reason() == Reason::ServiceUnavailable);
}
TEST(Tls, ServerRefusesACertificateOfAnotherAuthority) { run(wrong_client_ca()); }

Task<void> expired_certificate() {
  const WallTime then = identities().now - std::chrono::hours(24 * 3);
  LeafRequest request{.common_name = "old", .dns_names = {"berth.test"}, .for_server = true};
  request.valid_for = std::chrono::hours(24);
  const auto server = TlsContext::for_server(make_leaf(identities().ca, request, then), "");
  const Handshake tls = co_await shake(server, client_context(), "berth.test");
  EXPECT_TRUE(tls.client_failure && tls.client_failure->reason() == Reason::Unauthorized);
  if (tls.client_failure) EXPECT_THAT(tls.client_failure->message(), HasSubstr("expired"));
}
TEST(Tls, ClientRefusesAnExpiredCertificate) { run(expired_certificate()); }

Task<void> wrong_purpose() {
  const auto server = TlsContext::for_server(
      make_leaf(identities().ca, {.common_name = "x", .dns_names = {"berth.test"}}, identities().now), "");
  const Handshake tls = co_await shake(server, client_context(), "berth.test");
  EXPECT_TRUE(tls.client_failure && tls.client_failure->reason() == Reason::Unauthorized);
}
TEST(Tls, ClientRefusesAClientCertificateFromAServer) { run(wrong_purpose()); }

Task<void> send_all(Stream& stream, const std::string& bytes) {
  co_await stream.write(bytes);
  co_await stream.finish_writing();
}

Task<void> receive_all(Stream& stream, std::string& bytes) { bytes = co_await read_to_end(stream); }

Task<void> both_ways() {
  Handshake tls = co_await shake(server_context(), client_context(), "berth.test");
  EXPECT_TRUE(tls.server && tls.client);
  if (!tls.server || !tls.client) co_return;
  const std::string up = random_bytes(10'000'000, 1);
  const std::string down = random_bytes(10'000'001, 2);
  std::string seen_up;
  std::string seen_down;
  Scope scope(co_await this_loop(), "bulk");
  scope.spawn(send_all(*tls.client, up));
  scope.spawn(send_all(*tls.server, down));
  scope.spawn(receive_all(*tls.server, seen_up));
  scope.spawn(receive_all(*tls.client, seen_down));
  co_await scope.join();
  EXPECT_TRUE(seen_up == up);
  EXPECT_TRUE(seen_down == down);
}
TEST(Tls, CarriesTenMegabytesBothWaysAtOnce) { run(both_ways()); }

Task<void> small_reads() {
  Handshake tls = co_await shake(server_context(), client_context(), "berth.test");
  if (!tls.server || !tls.client) co_return;
  const std::string sent = random_bytes(100'000, 3);
  Scope scope(co_await this_loop(), "writer");
  scope.spawn(send_all(*tls.client, sent));
  // 1000 bytes at a time leave most of what one receive brought unread, while the other session uses the same
  // thread's buffers.
  std::string seen;
  while (seen.size() < sent.size()) {
    const std::string piece = co_await read_exactly(*tls.server, 1000);
    if (piece.empty()) break;
    seen += piece;
    co_await tls.server->write("ack");
    const std::string ack = co_await read_exactly(*tls.client, 3);
    EXPECT_EQ(ack, "ack");
  }
  EXPECT_TRUE(seen == sent);
  co_await scope.join();
}
TEST(Tls, KeepsWhatASmallReadLeaves) { run(small_reads()); }

Task<void> count_writes() {
  CountingStream::Counts counts;
  StreamPair pair = co_await tcp_pair();
  pair.server = std::make_unique<CountingStream>(std::move(pair.server), counts);
  Handshake tls = co_await shake(std::move(pair), server_context(), client_context(), "berth.test");
  if (!tls.server || !tls.client) co_return;
  counts = {};
  const std::array<asio::const_buffer, 3> response{asio::buffer("head ", 5), asio::buffer("and ", 4),
                                                   asio::buffer("body", 4)};
  co_await tls.server->write(response);
  EXPECT_EQ(counts.writes, 1);
  EXPECT_EQ(counts.bytes, 13 + 22) << "one record: its header of 5, the content type, the tag of 16";
  const std::string seen = co_await read_exactly(*tls.client, 13);
  EXPECT_EQ(seen, "head and body");
  counts = {};
  const std::string big(1024 * 1024, 'x');
  std::string received;
  Scope scope(co_await this_loop(), "reader");
  scope.spawn(receive_all(*tls.client, received));
  co_await tls.server->write(big);
  EXPECT_EQ(counts.writes, 16);
  EXPECT_EQ(counts.bytes, big.size() + 64 * 22) << "64 full records";
  co_await tls.server->finish_writing();
  co_await scope.join();
  EXPECT_TRUE(received == big);
}
TEST(Tls, GathersSmallBuffersAndSendsManyRecordsAtOnce) { run(count_writes()); }

std::size_t allocated_bytes() {
  const struct mallinfo2 all = ::mallinfo2();
  return all.uordblks + all.hblkhd;
}

Task<void> idle_after_a_large_write() {
  Handshake tls = co_await shake(server_context(), client_context(), "berth.test");
  EXPECT_TRUE(tls.server && tls.client);
  if (!tls.server || !tls.client) co_return;
  std::size_t idle = 0;
  for (const std::size_t size : {1000, 60'000}) {
    {
      const std::string bytes(size, 'x');
      co_await tls.server->write(bytes);
      const std::string seen = co_await read_exactly(*tls.client, size);
      EXPECT_TRUE(seen == bytes);
    }
    if (idle == 0) idle = allocated_bytes();
  }
  EXPECT_LT(allocated_bytes(), idle + 30'000);
}
TEST(Tls, KeepsNoRoomForALargeWriteOnceItIsOut) { run(idle_after_a_large_write()); }

Task<void> end_without_goodbye() {
  Handshake tls = co_await shake(server_context(), client_context(), "berth.test");
  if (!tls.server || !tls.client) co_return;
  co_await tls.client->write("last words");
  tls.client->close();
  const std::string seen = co_await read_to_end(*tls.server);
  EXPECT_EQ(seen, "last words");
}
TEST(Tls, EndWithoutCloseNotifyIsAnEnd) { run(end_without_goodbye()); }

Task<void> silent_peer() {
  StreamPair pair = co_await tcp_pair();
  std::optional<Status> seen;
  try {
    co_await accept_tls(std::move(pair.server), server_context(), milliseconds(20));
  } catch (...) {
    seen = current_status();
  }
  EXPECT_TRUE(seen && seen->reason() == Reason::Timeout);
}
TEST(Tls, SilentPeerEndsTheHandshakeInTime) { run(silent_peer()); }

Task<void> talk_garbage(std::string bytes) {
  StreamPair pair = co_await unix_pair();
  co_await pair.client->write(bytes);
  co_await pair.client->finish_writing();
  std::optional<Status> seen;
  try {
    co_await accept_tls(std::move(pair.server), server_context(), seconds(10));
  } catch (...) {
    seen = current_status();
  }
  EXPECT_TRUE(seen && seen->reason() == Reason::ServiceUnavailable);
}
TEST(Tls, GarbageEndsTheHandshake) {
  run(talk_garbage(""));
  run(talk_garbage("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::string bytes = random_bytes(1 + seed * 7, seed);
    if (seed % 2 == 0) bytes.insert(0, "\x16\x03\x01", 3);
    run(talk_garbage(bytes));
  }
}

Task<void> corrupt_record() {
  StreamPair pair = co_await tcp_pair();
  Stream* raw = pair.client.get();
  Handshake tls = co_await shake(std::move(pair), server_context(), client_context(), "berth.test");
  if (!tls.server || !tls.client) co_return;
  co_await raw->write(std::string_view("\x17\x03\x03\x00\x20xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 37));
  std::optional<Status> seen;
  try {
    co_await tls.server->read_view();
  } catch (...) {
    seen = current_status();
  }
  EXPECT_TRUE(seen && seen->reason() == Reason::ServiceUnavailable);
}
TEST(Tls, ForgedRecordIsAnError) { run(corrupt_record()); }

Task<void> reset_while_writing() {
  Handshake tls = co_await shake(server_context(), client_context(), "berth.test");
  if (!tls.server || !tls.client) co_return;
  tls.client->close();
  const std::string big(1024 * 1024, 'x');
  std::optional<Status> seen;
  for (int i = 0; i < 100 && !seen; ++i) {
    try {
      co_await tls.server->write(big);
    } catch (...) {
      seen = current_status();
    }
  }
  EXPECT_TRUE(seen && seen->reason() == Reason::ServiceUnavailable);
  EXPECT_FALSE(tls.server->idle_and_open());
}
TEST(Tls, WriteToAPeerThatIsGoneFails) { run(reset_while_writing()); }

// A client of OpenSSL's own, blocking, that changes its keys in mid stream and asks for ours to change.
std::string change_keys(std::uint16_t port) {
  const SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  const BioPtr connection(BIO_new_ssl_connect(context.get()));
  BIO_set_conn_hostname(connection.get(), ("127.0.0.1:" + std::to_string(port)).c_str());
  SSL* ssl = nullptr;
  BIO_get_ssl(connection.get(), &ssl);
  std::string seen;
  for (const char* word : {"one", "two"}) {
    BIO_write(connection.get(), word, 3);
    char answer[8];
    const int count = BIO_read(connection.get(), answer, sizeof(answer));
    seen.append(answer, static_cast<std::size_t>(std::max(count, 0)));
    SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(ssl);
  }
  return seen;
}

Task<void> serve_key_change() {
  const auto listener = listen_tcp(co_await this_loop(), "127.0.0.1:0");
  auto client = std::async(std::launch::async, change_keys, listener->port());
  StreamPtr raw = co_await listener->accept();
  const auto server = co_await accept_tls(std::move(raw), server_context(), seconds(10));
  for (const char* answer : {"first", "second"}) {
    const std::string word = co_await read_exactly(*server, 3);
    EXPECT_EQ(word.size(), 3u);
    co_await server->write(answer);
  }
  const std::string rest = co_await read_to_end(*server);
  EXPECT_EQ(rest, "");
  EXPECT_EQ(client.get(), "firstsecond");
}
TEST(Tls, FollowsAChangeOfKeys) { run(serve_key_change()); }

TEST(TlsContext, RefusesWhatIsNoIdentity) {
  const auto refused = [](const PemPair& identity, const std::string& ca) {
    try {
      TlsContext::for_server(identity, ca);
    } catch (const Status& status) {
      return status.reason() == Reason::BadRequest;
    }
    return false;
  };
  const Identities& made = identities();
  EXPECT_TRUE(refused({"", made.server.key}, ""));
  EXPECT_TRUE(refused({made.server.certificate, ""}, ""));
  EXPECT_TRUE(refused({made.server.certificate, made.alice.key}, "")) << "the key of another";
  EXPECT_TRUE(refused(made.server, "no certificate"));
  std::string broken = made.server.certificate;
  broken[broken.size() / 2] = '!';
  EXPECT_TRUE(refused({broken, made.server.key}, ""));
}

}  // namespace
}  // namespace berth::base
