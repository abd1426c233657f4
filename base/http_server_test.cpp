// SPDX-License-Identifier: Apache-2.0
#include "base/http_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/http_testing.hpp"
#include "base/tls.hpp"

namespace berth::base {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::string answer(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  const std::string requests =
      "GET /one HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /two HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
      "\r\nPUT /three HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  EXPECT_EQ(converse(requests), answer("GET /one ") + answer("POST /two body") + answer("PUT /three abc"));
}

TEST(HttpServer, ReadsRequestsSplitAnywhere) {
  const std::string requests =
      "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
      "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  const std::string wanted = answer("POST /a body") + answer("POST /b abc");
  for (std::size_t split = 1; split < requests.size(); ++split) {
    EXPECT_EQ(play({requests.substr(0, split), requests.substr(split)}), wanted) << split;
  }
  std::deque<std::string> bytes;
  for (const char c : requests) bytes.emplace_back(1, c);
  EXPECT_EQ(play(bytes), wanted);
}

TEST(HttpServer, HeadAndBodilessAnswersHaveNoBody) {
  EXPECT_EQ(converse("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n"), "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
  EXPECT_EQ(converse("GET /status/204 HTTP/1.1\r\nHost: h\r\n\r\n"), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(converse("GET /status/304 HTTP/1.1\r\nHost: h\r\n\r\n"), "HTTP/1.1 304 Not Modified\r\n\r\n");
}

TEST(HttpServer, ClosesWhenAsked) {
  const std::string closing = "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(converse(closing + "GET /never HTTP/1.1\r\nHost: h\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\nGET /x ");
  EXPECT_THAT(converse("GET /x HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close\r\n"));
}

TEST(HttpServer, StreamsChunks) {
  EXPECT_EQ(converse("GET /chunks HTTP/1.1\r\nHost: h\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n" +
                answer("GET /x "));
  EXPECT_EQ(converse("GET /chunks HTTP/1.0\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\none0123456789abcdef");
  EXPECT_EQ(converse("HEAD /chunks HTTP/1.1\r\nHost: h\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST(HttpServer, RefusesMalformedRequestsAndCloses) {
  const std::string after = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const std::string& request :
       {std::string("GET /\r\n\r\n"), std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), std::string("\x16\x03\x01\x02"),
        std::string("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"),
        std::string("GET / HTTP/1.1\nHost: h\n\n"), std::string("GET / HTTP/1.1\r\n\r\n")}) {
    const std::string reply = converse(request + after);
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n")) << request;
    EXPECT_THAT(reply, Not(HasSubstr("smuggled"))) << request;
  }
}

TEST(HttpServer, HalfARequestIsAnError) {
  EXPECT_THAT(converse("GET / HTT"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(converse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(converse(""), IsEmpty());
}

TEST(HttpServer, LimitsTheHead) {
  HttpServerLimits limits;
  limits.max_header_bytes = 1000;
  const std::string start = "GET /x HTTP/1.1\r\nHost: h\r\nX: ";
  const std::string fits = start + std::string(1000 - start.size() - 4, 'a') + "\r\n\r\n";
  EXPECT_THAT(converse(fits, limits), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(converse(start + std::string(1000 - start.size() - 3, 'a') + "\r\n\r\n", limits),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(converse(start + std::string(1'000'000, 'a'), limits), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(converse(fits + fits + fits, limits), EndsWith("GET /x ")) << "the limit is for each";
}

TEST(HttpServer, LimitsTheBodyAndTheAnswerArrives) {
  const std::string body(4 * 1024 * 1024, 'b');
  const std::string by_length =
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  EXPECT_THAT(converse(by_length), StartsWith("HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\n"));
  const std::string by_chunks = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n400000\r\n" + body;
  EXPECT_THAT(converse(by_chunks + "\r\n0\r\n\r\n"), StartsWith("HTTP/1.1 413"));
  HttpServerLimits exact;
  exact.max_body_bytes = body.size();
  EXPECT_THAT(converse(by_length, exact), StartsWith("HTTP/1.1 200"));
}

// What a server writes that answers every request by its head alone.
Task<std::string> refuse_by_head(std::string requests) {
  std::string written;
  std::deque<std::string> pieces{std::move(requests)};
  HttpServerConnection connection(std::make_unique<ScriptedStream>(std::move(pieces), written), {});
  HttpResponse response;
  response.status = 401;
  while (const auto head = co_await connection.read_head()) {
    EXPECT_EQ(head->body, "");
    response.body = head->target;
    co_await connection.respond(response);
  }
  co_return written;
}

TEST(HttpServer, ABodyCanBeRefusedBeforeItIsRead) {
  const std::string head = "POST /first HTTP/1.1\r\nHost: h\r\n";
  const std::string next = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string large(300'000, 'a');
  for (const std::string& sent : {"Content-Length: 300000\r\n\r\n" + large,
                                  "Transfer-Encoding: chunked\r\n\r\n493e0\r\n" + large + "\r\n0\r\n\r\n",
                                  std::string("Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}"),
                                  std::string("Transfer-Encoding: chunked\r\n\r\nnonsense\r\n")}) {
    const std::string answer = run(refuse_by_head(head + sent + next));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n")) << sent.substr(0, 60);
    EXPECT_THAT(answer, EndsWith("/first")) << sent.substr(0, 60);
  }
}

TEST(HttpServer, ASmallBodyThatNobodyReadsIsDropped) {
  const std::string head = "POST /first HTTP/1.1\r\nHost: h\r\n";
  const std::string next = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const std::string& sent :
       {std::string("Content-Length: 2\r\n\r\n{}"), std::string("Content-Length: 0\r\n\r\n"),
        std::string("Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), std::string("\r\n")}) {
    EXPECT_THAT(run(refuse_by_head(head + sent + next)), EndsWith("/next")) << sent;
  }
}

Task<void> serve_tls(StreamPtr raw, std::shared_ptr<TlsContext> context) {
  auto session = co_await accept_tls(std::move(raw), context, std::chrono::seconds(10));
  EchoServer server(std::move(session), {});
  co_await server.serve();
}

Task<void> too_large_over_tls() {
  const auto now = std::chrono::system_clock::now();
  const PemPair ca = make_ca("ca", now);
  const PemPair identity = make_leaf(ca, {.common_name = "h", .dns_names = {"berth.test"}, .for_server = true}, now);
  StreamPair pair = co_await tcp_pair();
  Scope scope(co_await this_loop(), "server");
  scope.spawn(serve_tls(std::move(pair.server), TlsContext::for_server(identity, "")));
  const auto client = co_await connect_tls(std::move(pair.client), TlsContext::for_client(ca.certificate, {}),
                                           "berth.test", std::chrono::seconds(10));
  co_await client->write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4194304\r\n\r\n");
  co_await client->write(std::string(4 * 1024 * 1024, 'b'));
  const std::string reply = co_await read_to_end(*client);
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 413"));
  client->close();
  co_await scope.join();
}
TEST(HttpServer, TheAnswerToATooLargeBodyArrivesOverTls) { run(too_large_over_tls()); }

Task<void> ask_to_continue() {
  StreamPair pair = co_await tcp_pair();
  Conversation talk(std::move(pair), {}, co_await this_loop());
  co_await talk.client().write("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  const std::string go = co_await read_exactly(talk.client(), 25);
  EXPECT_EQ(go, "HTTP/1.1 100 Continue\r\n\r\n");
  co_await talk.client().write("body");
  co_await talk.client().finish_writing();
  const std::string rest = co_await read_to_end(talk.client());
  EXPECT_EQ(rest, answer("POST /x body"));
  co_await talk.end();
}
TEST(HttpServer, AnswersExpectContinue) {
  run(ask_to_continue());
  const std::string too_much =
      converse("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(too_much, StartsWith("HTTP/1.1 413")) << "no body is asked for";
}

// The peer keeps the connection and says no more than `bytes`; returns what it gets until the server cuts it.
Task<std::string> stall(std::string bytes, HttpServerLimits limits, std::optional<Status>& seen) {
  StreamPair pair = co_await tcp_pair();
  Conversation talk(std::move(pair), limits, co_await this_loop());
  if (!bytes.empty()) co_await talk.client().write(bytes);
  const std::string reply = co_await read_to_end(talk.client());
  co_await talk.end();
  seen = talk.server().failure;
  co_return reply;
}

TEST(HttpServer, CutsSlowPeers) {
  HttpServerLimits limits;
  limits.header_timeout = milliseconds(30);
  std::optional<Status> seen;
  run(stall("GET / HTTP/1.1\r\nHos", limits, seen));
  EXPECT_TRUE(seen && seen->reason() == Reason::Timeout);
  limits = {};
  limits.body_timeout = milliseconds(30);
  run(stall("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf", limits, seen));
  EXPECT_TRUE(seen && seen->reason() == Reason::Timeout);
  limits = {};
  limits.idle_timeout = milliseconds(30);
  EXPECT_EQ(run(stall("", limits, seen)), "");
  EXPECT_FALSE(seen) << "an idle connection just ends";
  EXPECT_EQ(run(stall("GET /x HTTP/1.1\r\nHost: h\r\n\r\n", limits, seen)), answer("GET /x "));
  EXPECT_FALSE(seen);
}

Task<void> drip() {
  HttpServerLimits limits;
  limits.header_timeout = milliseconds(50);
  limits.max_header_bytes = std::size_t{1} << 30;
  StreamPair pair = co_await tcp_pair();
  Conversation talk(std::move(pair), limits, co_await this_loop());
  // Byte by byte, without end: none of them renews the time.
  bool cut = false;
  while (!cut) {
    try {
      co_await talk.client().write("G");
      co_await asio::post(use_task);
    } catch (const Status&) {
      cut = true;
    }
  }
  EXPECT_TRUE(cut);
  co_await talk.end();
  EXPECT_TRUE(talk.server().failure && talk.server().failure->reason() == Reason::Timeout);
}
TEST(HttpServer, CutsAPeerThatDripsBytes) { run(drip()); }

Task<void> never_reads() {
  HttpServerLimits limits;
  limits.write_timeout = milliseconds(50);
  StreamPair pair = co_await tcp_pair();
  Conversation talk(std::move(pair), limits, co_await this_loop());
  co_await talk.client().write("GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
  co_await talk.end();
  EXPECT_TRUE(talk.server().failure && talk.server().failure->reason() == Reason::Timeout);
}
TEST(HttpServer, CutsAPeerThatDoesNotRead) { run(never_reads()); }

Task<void> drain_idle() {
  StreamPair pair = co_await tcp_pair();
  Conversation talk(std::move(pair), {}, co_await this_loop());
  co_await talk.client().write("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string first = co_await read_exactly(talk.client(), answer("GET /x ").size());
  EXPECT_EQ(first, answer("GET /x "));
  co_await asio::post(use_task);
  talk.drain();
  const std::string rest = co_await read_to_end(talk.client());
  EXPECT_EQ(rest, "");
  co_await talk.end();
  EXPECT_FALSE(talk.server().failure);
}
TEST(HttpServer, DrainEndsAnIdleConnection) { run(drain_idle()); }

Task<void> drain_inside_a_head(std::string half) {
  StreamPair pair = co_await tcp_pair();
  Conversation talk(std::move(pair), {}, co_await this_loop());
  co_await talk.client().write("GET /x HTTP/1.1\r\nHost: h\r\n\r\n" + half);
  const std::string first = co_await read_exactly(talk.client(), answer("GET /x ").size());
  EXPECT_EQ(first, answer("GET /x "));
  co_await asio::post(use_task);
  talk.drain();
  const std::string rest = co_await read_to_end(talk.client());
  EXPECT_EQ(rest, "");
  co_await talk.end();
  EXPECT_FALSE(talk.server().failure);
}
TEST(HttpServer, DrainEndsAConnectionWithoutAWholeHead) {
  run(within(std::chrono::seconds(20), "the end", drain_inside_a_head("GET /y HTTP/1.1\r\nHo")));
  run(within(std::chrono::seconds(20), "the end", drain_inside_a_head("\r")));
}

Task<void> drain_inside_a_body() {
  StreamPair pair = co_await tcp_pair();
  Conversation talk(std::move(pair), {}, co_await this_loop());
  co_await talk.client().write("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  const std::string go = co_await read_exactly(talk.client(), 25);
  EXPECT_THAT(go, StartsWith("HTTP/1.1 100"));
  talk.drain();
  co_await talk.client().write("body");
  const std::string rest = co_await read_to_end(talk.client());
  EXPECT_EQ(rest, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 12\r\n\r\nPOST /x body");
  co_await talk.end();
}
TEST(HttpServer, DrainFinishesARequestWhoseHeadIsWhole) { run(drain_inside_a_body()); }

Task<void> drain_against_a_wall() {
  StreamPair pair = co_await tcp_pair();
  Conversation talk(std::move(pair), {}, co_await this_loop());
  co_await talk.client().write("GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
  co_await read_exactly(talk.client(), 1);
  talk.drain();
  co_await talk.end();
  EXPECT_TRUE(talk.server().failure && talk.server().failure->reason() == Reason::Timeout);
}
TEST(HttpServer, DrainDoesNotWaitForAPeerThatDoesNotRead) {
  run(within(std::chrono::seconds(30), "the end", drain_against_a_wall()));
}

TEST(HttpServer, DrainFinishesTheRequestAtHand) {
  EXPECT_EQ(converse("GET /drain HTTP/1.1\r\nHost: h\r\n\r\nGET /never HTTP/1.1\r\nHost: h\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 11\r\n\r\nGET /drain ");
}

enum class HangUp { HalfClose, Close };
Task<void> hang_up(HangUp how) {
  StreamPair pair = co_await tcp_pair();
  Conversation talk(std::move(pair), {}, co_await this_loop());
  co_await talk.client().write("GET /watch HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string wanted = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nevent\r\n";
  const std::string seen = co_await read_exactly(talk.client(), wanted.size());
  EXPECT_EQ(seen, wanted);
  if (how == HangUp::HalfClose) {
    co_await talk.client().finish_writing();
  } else {
    talk.client().close();
  }
  co_await talk.end();
  EXPECT_EQ(talk.server().hangups, 1);
}
TEST(HttpServer, WaitForHangupSeesTheEnd) {
  run(hang_up(HangUp::HalfClose));
  run(hang_up(HangUp::Close));
}

Task<void> upgrade() {
  StreamPair pair = co_await tcp_pair();
  co_await pair.client->write("GET /exec HTTP/1.1\r\nHost: h\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nearly");
  HttpServerConnection connection(std::move(pair.server), {});
  const auto request = co_await connection.read_request();
  EXPECT_TRUE(request.has_value());
  HttpResponse response;
  response.status = 101;
  response.headers.add("Upgrade", "x");
  co_await connection.respond(response);
  auto [stream, early] = connection.take_over();
  EXPECT_EQ(early, "early");
  EXPECT_FALSE(connection.keep_alive());
  const std::string wanted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n";
  const std::string seen = co_await read_exactly(*pair.client, wanted.size());
  EXPECT_EQ(seen, wanted);
  co_await stream->write("mine");
  const std::string mine = co_await read_exactly(*pair.client, 4);
  EXPECT_EQ(mine, "mine");
}
TEST(HttpServer, GivesTheStreamUpAfter101) { run(upgrade()); }

TEST(HttpServer, AnotherAnswerInsideOneIsRefused) {
  const std::string reply = converse("GET /confused HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(reply, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
}

TEST(HttpServer, RandomBytesNeverCrash) {
  std::mt19937 random(5);
  const std::vector<std::string> words = {"GET / HTTP/1.1\r\n",
                                          "Host: h\r\n",
                                          "\r\n",
                                          "Content-Length: 3\r\n",
                                          "abc",
                                          "Transfer-Encoding: chunked\r\n",
                                          "3\r\nabc\r\n",
                                          "0\r\n\r\n",
                                          "\n",
                                          "\x01"};
  int answered = 0;
  for (int round = 0; round < 3000; ++round) {
    std::deque<std::string> pieces;
    if (round % 2 == 0) pieces.assign(words.begin(), words.begin() + 2);
    for (unsigned i = random() % 12; i > 0; --i) pieces.push_back(words[random() % words.size()]);
    if (play(pieces).starts_with("HTTP/1.1 200")) ++answered;
  }
  EXPECT_GT(answered, 50);
}

}  // namespace
}  // namespace berth::base
