// SPDX-License-Identifier: Apache-2.0
#include "base/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/http_testing.hpp"

namespace berth::base {
namespace {

using testing::HasSubstr;

struct Answer {
  std::optional<HttpResponse> response;
  std::optional<Status> failure;
  bool reusable = false;
  bool answered = false;
  std::string sent;
};

Task<void> ask(HttpClientConnection& connection, const HttpRequest& request, std::size_t max_body, Answer& answer) {
  try {
    answer.response = co_await connection.send(request, max_body);
  } catch (...) {
    answer.failure = current_status();
  }
}

// Sends `request` to a server that says `pieces` and closes.
Answer ask(std::deque<std::string> pieces, const HttpRequest& request = {}, std::size_t max_body = 1'000'000) {
  Answer answer;
  HttpClientConnection connection(std::make_unique<ScriptedStream>(std::move(pieces), answer.sent));
  run(ask(connection, request, max_body, answer));
  answer.reusable = connection.reusable();
  answer.answered = connection.answered();
  return answer;
}

std::string body_of(std::deque<std::string> pieces, const HttpRequest& request = {}) {
  const Answer answer = ask(std::move(pieces), request);
  if (answer.failure) return answer.failure->what();
  return answer.response->body;
}

TEST(HttpClient, SendsRequests) {
  HttpRequest request;
  EXPECT_EQ(ask({}, request).sent, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  request = {.method = "POST", .target = "/x?a=b", .headers = {}, .body = "body"};
  request.headers.add("Host", "docker");
  EXPECT_EQ(ask({}, request).sent, "POST /x?a=b HTTP/1.1\r\nHost: docker\r\nContent-Length: 4\r\n\r\nbody");
  request.body.clear();
  EXPECT_THAT(ask({}, request).sent, HasSubstr("Content-Length: 0\r\n"));
  request.method = "DELETE";
  EXPECT_THAT(ask({}, request).sent, testing::Not(HasSubstr("Content-Length")));
}

TEST(HttpClient, RefusesWhatWouldBreakTheRequest) {
  HttpRequest request{.target = "/a b"};
  EXPECT_EQ(ask({}, request).failure->reason(), Reason::BadRequest);
  request = {.target = "/a\r\nX: y"};
  EXPECT_EQ(ask({}, request).failure->reason(), Reason::BadRequest);
  request = {.method = ""};
  EXPECT_EQ(ask({}, request).failure->reason(), Reason::BadRequest);
  request = {};
  request.headers.add("X", "a\r\nY: b");
  const Answer answer = ask({}, request);
  EXPECT_TRUE(answer.failure);
  EXPECT_EQ(answer.sent, "");
}

TEST(HttpClient, ReadsEveryFramingAtEverySplit) {
  const std::string by_length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
  const std::string until_close = "HTTP/1.0 200 OK\r\n\r\nhello";
  for (const std::string& raw : {by_length, chunked, until_close}) {
    for (std::size_t split = 1; split < raw.size(); ++split) {
      EXPECT_EQ(body_of({raw.substr(0, split), raw.substr(split)}), "hello") << raw << split;
    }
  }
  EXPECT_TRUE(ask({by_length}).reusable);
  EXPECT_TRUE(ask({chunked}).reusable);
  EXPECT_FALSE(ask({until_close}).reusable);
  EXPECT_FALSE(ask({"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"}).reusable);
  EXPECT_FALSE(ask({by_length + "unasked"}).reusable);
}

TEST(HttpClient, KnowsAnswersWithoutABody) {
  HttpRequest head{.method = "HEAD"};
  Answer answer = ask({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"}, head);
  ASSERT_TRUE(answer.response);
  EXPECT_EQ(answer.response->headers.get("content-length"), "5");
  EXPECT_TRUE(answer.reusable);
  EXPECT_TRUE(ask({"HTTP/1.1 200 OK\r\n\r\n"}, head).reusable);
  EXPECT_TRUE(ask({"HTTP/1.1 204 No Content\r\n\r\n"}).reusable);
  EXPECT_TRUE(ask({"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"}).reusable);
}

TEST(HttpClient, SkipsInterimAnswers) {
  const Answer answer = ask({"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
                             "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"});
  ASSERT_TRUE(answer.response);
  EXPECT_EQ(answer.response->status, 201);
  EXPECT_FALSE(answer.response->headers.has("Link"));
}

TEST(HttpClient, SaysHowAnAnswerBroke) {
  Answer answer = ask({});
  EXPECT_EQ(answer.failure->reason(), Reason::ServiceUnavailable);
  EXPECT_FALSE(answer.answered);
  for (const char* cut : {"HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n"}) {
    answer = ask({cut});
    ASSERT_TRUE(answer.failure) << cut;
    EXPECT_EQ(answer.failure->reason(), Reason::ServiceUnavailable) << cut;
    EXPECT_TRUE(answer.answered) << cut;
    EXPECT_FALSE(answer.reusable) << cut;
  }
  for (const char* malformed : {"SSH-2.0-OpenSSH\r\n", "\x15\x03\x01", "HTTP/1.1 2x0 OK\r\n\r\n",
                                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
                                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"}) {
    answer = ask({malformed});
    ASSERT_TRUE(answer.failure) << malformed;
    EXPECT_EQ(answer.failure->reason(), Reason::InternalError) << malformed;
    EXPECT_FALSE(answer.reusable) << malformed;
  }
}

TEST(HttpClient, LimitsTheBody) {
  const std::string raw = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  EXPECT_TRUE(ask({raw}, {}, 5).response);
  const Answer answer = ask({raw}, {}, 4);
  EXPECT_EQ(answer.failure->reason(), Reason::InternalError);
  EXPECT_FALSE(answer.reusable);
}

Task<void> pieces_as_they_arrive() {
  StreamPair pair = co_await unix_pair();
  HttpClientConnection connection(std::move(pair.client));
  co_await pair.server->write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  const HttpResponse response = co_await connection.send_for_stream({});
  EXPECT_EQ(response.status, 200);
  std::string piece = co_await connection.read_body();
  EXPECT_EQ(piece, "one");
  EXPECT_FALSE(connection.reusable());
  co_await pair.server->write("3\r\ntwo\r\n0\r\n\r\n");
  piece = co_await connection.read_body();
  EXPECT_EQ(piece, "two");
  piece = co_await connection.read_body();
  EXPECT_EQ(piece, "");
  EXPECT_TRUE(connection.reusable());
  pair.server->close();
  EXPECT_FALSE(connection.reusable());
}
TEST(HttpClient, StreamsABody) { run(pieces_as_they_arrive()); }

Task<void> take_over() {
  StreamPair pair = co_await unix_pair();
  HttpClientConnection connection(std::move(pair.client));
  co_await pair.server->write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nfirst bytes");
  const HttpRequest request{.method = "POST", .target = "/exec"};
  const HttpResponse response = co_await connection.send_for_stream(request);
  EXPECT_EQ(response.status, 101);
  auto [stream, early] = connection.take_over();
  EXPECT_EQ(early, "first bytes");
  EXPECT_FALSE(connection.reusable());
  co_await stream->write("stdin");
  const std::string head = "POST /exec HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
  const std::string seen = co_await read_exactly(*pair.server, head.size() + 5);
  EXPECT_EQ(seen, head + "stdin");
}
TEST(HttpClient, GivesTheStreamUpAfter101) { run(take_over()); }

Task<void> with_own_server() {
  StreamPair pair = co_await tcp_pair();
  StreamPtr client = std::move(pair.client);
  Conversation talk(std::move(pair), {}, co_await this_loop());
  HttpClientConnection connection(std::move(client));
  for (int i = 0; i < 3; ++i) {
    const HttpRequest request{.method = "PUT", .target = "/x", .headers = {}, .body = std::to_string(i)};
    const HttpResponse response = co_await connection.send(request);
    EXPECT_EQ(response.body, "PUT /x " + std::to_string(i));
    EXPECT_TRUE(connection.reusable());
  }
  const HttpResponse chunks = co_await connection.send({.method = "GET", .target = "/chunks"});
  EXPECT_EQ(chunks.body, "one0123456789abcdef");
  // Too large: the server answers early and drops the rest, and the client has the answer.
  HttpRequest large{.method = "POST", .target = "/x", .headers = {}, .body = std::string(4 * 1024 * 1024, 'b')};
  const HttpResponse refused = co_await connection.send(large);
  EXPECT_EQ(refused.status, 413);
  EXPECT_FALSE(connection.reusable());
  connection.stream().close();
  co_await talk.end();
}
TEST(HttpClient, KeepsAConnectionToOurOwnServer) { run(with_own_server()); }

}  // namespace
}  // namespace berth::base
