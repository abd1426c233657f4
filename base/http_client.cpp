// SPDX-License-Identifier: Apache-2.0
#include "base/http_client.hpp"

#include <algorithm>
#include <array>

#include "base/http_body.hpp"
#include "base/receive_buffer.hpp"
#include "base/status.hpp"

namespace berth::base {
namespace {

constexpr std::size_t kMaxHead = 256 * 1024;

std::string head_of(const HttpRequest& request) {
  for (const std::string* part : {&request.method, &request.target}) {
    const auto splits = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
    if (part->empty() || std::any_of(part->begin(), part->end(), splits)) {
      throw bad_request("\"" + *part + "\" cannot stand in a request line");
    }
  }
  std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
  if (!request.headers.has("Host")) append_header(head, "Host", "localhost");
  append_headers(head, request.headers);
  const bool may_be_empty = request.method != "POST" && request.method != "PUT" && request.method != "PATCH";
  if (!(request.body.empty() && may_be_empty) && !request.headers.has("Content-Length")) {
    append_header(head, "Content-Length", std::to_string(request.body.size()));
  }
  return head + "\r\n";
}

Status cut_short() { return {Reason::ServiceUnavailable, "the connection ended before the answer was complete"}; }

}  // namespace

struct HttpClientConnection::State {
  StreamPtr stream;
  ReceiveBuffer input;
  std::optional<BodyDecoder> body;  // of the response at hand
  bool answered = false;
  bool usable = true;  // no: something failed, or the server said close

  Task<ResponseHead> read_head(std::string method);
  Task<void> send(std::string head, const std::string& content);
  Task<std::string> read_piece();
};

Task<void> HttpClientConnection::State::send(std::string head, const std::string& content) {
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(head), asio::buffer(content)};
  co_await stream->write(buffers);
}

Task<ResponseHead> HttpClientConnection::State::read_head(std::string method) {
  for (;;) {
    HeadScanner scanner;
    std::optional<std::size_t> size;
    for (;;) {
      answered = answered || !input.empty();
      size = scanner.scan(input.view(), kMaxHead);
      if (size) break;
      const bool more = co_await input.fill(*stream);
      if (!more) throw cut_short();
    }
    ResponseHead head = parse_response_head(input.view().substr(0, *size), method);
    input.consume(*size);
    const bool interim = head.response.status / 100 == 1 && head.response.status != 101;
    if (!interim) co_return head;
  }
}

Task<std::string> HttpClientConnection::State::read_piece() {
  std::string piece;
  while (piece.empty() && !body->done()) {
    if (input.empty()) {
      const bool more = co_await input.fill(*stream);
      if (!more && body->ends_with_stream()) co_return piece;
      if (!more) throw cut_short();
    }
    input.consume(body->decode(input.view(), piece));
  }
  co_return piece;
}

HttpClientConnection::HttpClientConnection(StreamPtr stream) : state_(std::make_unique<State>()) {
  state_->stream = std::move(stream);
}

HttpClientConnection::~HttpClientConnection() = default;

Task<HttpResponse> HttpClientConnection::send_for_stream(const HttpRequest& request) {
  State& state = *state_;
  std::string bytes = head_of(request);
  state.answered = false;
  const bool was_usable = std::exchange(state.usable, false);  // until the head of the answer is understood
  state.body.reset();
  std::optional<Status> write_failure;
  try {
    co_await state.send(std::move(bytes), request.body);
  } catch (const Status& status) {
    // A server that refuses a request early may have answered before it stopped reading.
    if (status.reason() != Reason::ServiceUnavailable) throw;
    write_failure = status;
  }
  std::optional<ResponseHead> head;
  try {
    head = co_await state.read_head(request.method);
  } catch (const Status& status) {
    if (write_failure) throw *write_failure;
    if (status.reason() == Reason::BadRequest) throw internal_error("malformed answer: " + status.message());
    throw;
  }
  state.body.emplace(head->body);
  state.usable = was_usable && !write_failure && !head->close;
  co_return std::move(head->response);
}

Task<std::string> HttpClientConnection::read_body() {
  State& state = *state_;
  if (!state.body) co_return std::string();
  const bool was_usable = std::exchange(state.usable, false);
  std::string piece;
  try {
    piece = co_await state.read_piece();
  } catch (const Status& status) {
    if (status.reason() == Reason::BadRequest) throw internal_error("malformed answer: " + status.message());
    throw;
  }
  state.usable = was_usable;
  co_return piece;
}

Task<HttpResponse> HttpClientConnection::send(const HttpRequest& request, std::size_t max_body) {
  HttpResponse response = co_await send_for_stream(request);
  for (;;) {
    const std::string piece = co_await read_body();
    if (piece.empty()) co_return response;
    if (response.body.size() + piece.size() > max_body) {
      state_->usable = false;
      throw internal_error("the answer is larger than " + std::to_string(max_body) + " bytes");
    }
    response.body.append(piece);
  }
}

bool HttpClientConnection::answered() const { return state_->answered; }

bool HttpClientConnection::reusable() {
  const State& state = *state_;
  const bool idle = !state.body || state.body->done();
  return state.usable && idle && state.input.empty() && state.stream && state.stream->idle_and_open();
}

Stream& HttpClientConnection::stream() { return *state_->stream; }

std::pair<StreamPtr, std::string> HttpClientConnection::take_over() {
  state_->usable = false;
  return {std::move(state_->stream), state_->input.take()};
}

}  // namespace berth::base
