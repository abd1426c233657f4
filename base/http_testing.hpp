// SPDX-License-Identifier: Apache-2.0
#pragma once
// A small server for tests of HTTP: it says back what it was asked, and has a few paths that do more.
#include <deque>
#include <optional>
#include <string>

#include "base/http_server.hpp"
#include "base/stream_testing.hpp"

namespace berth::base {

struct EchoServer {
  HttpServerConnection connection;
  std::optional<Status> failure;  // of the request that could not be read or answered
  int hangups = 0;

  EchoServer(StreamPtr stream, HttpServerLimits limits) : connection(std::move(stream), limits) {}

  // /chunks, /watch, /big, /drain, /status/N, /confused; anything else gives "METHOD /path body".
  Task<void> answer(const HttpRequest& request) {
    HttpResponse response;
    response.body = request.method + " " + request.target + " " + request.body;
    if (request.target == "/chunks" || request.target == "/confused") {
      co_await connection.begin_chunked(response);
      co_await connection.write_chunk("one");
      if (request.target == "/confused") co_await connection.respond(response);
      co_await connection.write_chunk("");
      co_await connection.write_chunk("0123456789abcdef");
      co_await connection.end_chunked();
      co_return;
    }
    if (request.target == "/watch") {
      co_await connection.begin_chunked(response);
      co_await connection.write_chunk("event");
      co_await connection.wait_for_hangup();
      ++hangups;
      co_return;
    }
    if (request.target.starts_with("/status/")) response.status = std::stoi(request.target.substr(8));
    if (request.target == "/big") response.body.assign(64 * 1024 * 1024, 'x');
    if (request.target == "/drain") connection.drain();
    co_await connection.respond(response);
  }

  Task<void> serve() {
    for (;;) {
      std::optional<HttpRequest> request;
      try {
        request = co_await connection.read_request();
        if (request) co_await answer(*request);
      } catch (...) {
        failure = current_status();
      }
      if (failure) break;
      if (!request) break;
    }
    const bool answerable =
        failure && (failure->reason() == Reason::BadRequest || failure->reason() == Reason::RequestEntityTooLarge);
    HttpResponse refusal;
    if (answerable) refusal.status = http_code(failure->reason());
    if (answerable) co_await connection.respond(refusal);
    connection.close();
  }
};

// A client's stream with an EchoServer running at its other end.
class Conversation {
 public:
  Conversation(StreamPair pair, HttpServerLimits limits, Executor loop)
      : client_(std::move(pair.client)), server_(std::move(pair.server), limits), scope_(loop, "echo server") {
    scope_.spawn(server_.serve());
  }
  Stream& client() { return *client_; }
  const EchoServer& server() const { return server_; }
  void drain() { server_.connection.drain(); }
  // Returns when the server is done with the connection.
  Task<void> end() { co_await scope_.join(); }

 private:
  StreamPtr client_;
  EchoServer server_;
  Scope scope_;
};

inline Task<void> write_and_finish(Stream& stream, const std::string& bytes) {
  co_await stream.write(bytes);
  co_await stream.finish_writing();
}

inline Task<std::string> converse_over_tcp(std::string bytes, HttpServerLimits limits) {
  StreamPair pair = co_await tcp_pair();
  Conversation talk(std::move(pair), limits, co_await this_loop());
  Scope writer(co_await this_loop(), "client");
  writer.spawn(write_and_finish(talk.client(), bytes));
  std::string reply = co_await read_to_end(talk.client());
  co_await writer.join();
  co_await talk.end();
  co_return reply;
}

// Everything that the server says to a client that sends `bytes` and then no more.
inline std::string converse(const std::string& bytes, HttpServerLimits limits = {}) {
  return run(converse_over_tcp(bytes, limits));
}

// The same without sockets: each piece is one read.
inline std::string play(std::deque<std::string> pieces) {
  std::string written;
  EchoServer server(std::make_unique<ScriptedStream>(std::move(pieces), written), {});
  run(server.serve());
  return written;
}

}  // namespace berth::base
