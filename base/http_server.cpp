// SPDX-License-Identifier: Apache-2.0
#include "base/http_server.hpp"

#include <array>
#include <boost/container/small_vector.hpp>
#include <charconv>

#include "base/http_body.hpp"
#include "base/receive_buffer.hpp"
#include "base/status.hpp"

namespace berth::base {
namespace {

// Written at once; the write deadline starts again after each.
constexpr std::size_t kWriteWindow = 256 * 1024;
constexpr std::size_t kUsualHeadBytes = 400;
// After an error the peer may still be sending. Closing at once would reset the connection and the peer might never
// see the answer, so as much as this is read and dropped.
constexpr std::size_t kLingerBytes = 16 * 1024 * 1024;
constexpr std::chrono::seconds kLingerTime{5};
// As net/http's server: a body that no handler read costs less than a new connection up to here.
constexpr std::size_t kDropBytes = 256 * 1024;
// A peer that does not read must not hold up the end of the server.
constexpr std::chrono::milliseconds kDrainWriteTimeout{2000};

bool has_no_body(int status) { return status / 100 == 1 || status == 204 || status == 304; }

}  // namespace

struct HttpServerConnection::State {
  StreamPtr stream;
  HttpServerLimits limits;
  ReceiveBuffer input;
  BodyFraming unread;             // of the request at hand: Kind::None once its body is read
  bool expects_continue = false;  // before it is sent
  bool http10 = false;            // of the request at hand, as the next two
  bool head_only = false;
  bool close_after = false;
  bool reading_head = false;  // waits for a request, or for the rest of its head
  bool writing = false;
  bool draining = false;
  bool failed = false;       // what follows on this stream cannot be understood
  bool in_response = false;  // between begin_chunked and end_chunked
  bool closed = false;

  bool keep_alive() const { return !closed && !failed && !close_after && !draining && !in_response; }

  Task<bool> wait_for_first_byte();
  Task<std::optional<RequestHead>> read_request_head();
  Task<RequestHead> read_head();
  Task<void> read_body(std::string& body);
  Task<void> drop_body();
  std::string head_of(const HttpResponse& response) const;
  using Buffers = std::span<const asio::const_buffer>;
  using Window = boost::container::small_vector<asio::const_buffer, 4>;
  static Window take_window(Buffers& rest, std::size_t& begun);
  Task<void> write(Buffers buffers);
  Task<void> linger();
};

// False when no request will come.
Task<bool> HttpServerConnection::State::wait_for_first_byte() {
  for (;;) {
    // RFC 9112, 2.2: a blank line before a request is ignored.
    while (input.view().starts_with("\r\n")) input.consume(2);
    if (!input.empty() && input.view() != "\r") co_return true;
    if (draining) co_return false;
    stream->expires_after(limits.idle_timeout);
    std::optional<Status> failure;
    bool more = false;
    try {
      const std::string_view received = co_await stream->read_view();
      more = input.append(received);
    } catch (const Status& status) {
      failure = status;
    }
    if (failure && failure->reason() == Reason::Cancelled && !draining) throw *failure;
    if (failure || !more) co_return false;  // gone, reset, idle for too long, or drained
  }
}

// Nothing when no request will come.
Task<std::optional<RequestHead>> HttpServerConnection::State::read_request_head() {
  const bool begun = co_await wait_for_first_byte();
  if (!begun) co_return std::nullopt;
  failed = true;  // unless it is read whole
  http10 = head_only = false;
  try {
    co_return co_await read_head();
  } catch (const Status&) {
    // The peer waits for no answer yet.
    if (!draining) throw;
  }
  co_return std::nullopt;
}

Task<RequestHead> HttpServerConnection::State::read_head() {
  stream->expires_after(limits.header_timeout);
  HeadScanner scanner;
  for (;;) {
    const auto size = scanner.scan(input.view(), limits.max_header_bytes);
    if (size) {
      RequestHead head = parse_request_head(input.view().substr(0, *size));
      input.consume(*size);
      co_return head;
    }
    const bool more = co_await input.fill(*stream);
    if (!more) throw bad_request("the connection ended inside a request's head");
  }
}

Task<void> HttpServerConnection::State::read_body(std::string& body) {
  const auto too_large = [this] {
    return Status(Reason::RequestEntityTooLarge,
                  "the request's body is larger than " + std::to_string(limits.max_body_bytes) + " bytes");
  };
  if (unread.kind == BodyFraming::Kind::None) co_return;
  BodyDecoder decoder(std::exchange(unread, {}));
  if (decoder.announced() > limits.max_body_bytes) throw too_large();
  stream->expires_after(limits.body_timeout);
  if (expects_continue && input.empty()) co_await stream->write("HTTP/1.1 100 Continue\r\n\r\n");
  for (;;) {
    input.consume(decoder.decode(input.view(), body));
    if (body.size() > limits.max_body_bytes) throw too_large();
    if (decoder.done()) break;
    const bool more = co_await input.fill(*stream);
    if (!more) throw bad_request("the connection ended inside a request's body");
  }
  stream->expires_never();
  failed = false;
}

// So that the connection can go on. Where it cannot, it stays failed.
Task<void> HttpServerConnection::State::drop_body() {
  BodyDecoder decoder(std::exchange(unread, {}));
  if (expects_continue || decoder.announced() > kDropBytes) co_return;
  try {
    stream->expires_after(kLingerTime);
    std::size_t dropped = 0;
    std::string piece;
    while (dropped < kDropBytes) {
      piece.clear();
      const std::size_t used = decoder.decode(input.view(), piece);
      input.consume(used);
      dropped += used;
      if (decoder.done()) {
        failed = false;
        break;
      }
      const bool more = co_await input.fill(*stream);
      if (!more) break;
    }
  } catch (const Status&) {
    // A peer that sends it slowly, or not as it should: it is answered and cut.
  }
  stream->expires_never();
}

std::string HttpServerConnection::State::head_of(const HttpResponse& response) const {
  std::string head;
  head.reserve(kUsualHeadBytes);
  head.append("HTTP/1.1 ")
      .append(std::to_string(response.status))
      .append(" ")
      .append(http_phrase(response.status))
      .append("\r\n");
  append_headers(head, response.headers);
  const bool will_close = http10 || close_after || draining || failed || closed;
  if (will_close && response.status != 101) append_header(head, "Connection", "close");
  return head;
}

// What is written at once, from the front of `rest`, whose first buffer is written up to `begun`. Empty at the end.
HttpServerConnection::State::Window HttpServerConnection::State::take_window(Buffers& rest, std::size_t& begun) {
  Window window;
  std::size_t size = 0;
  while (!rest.empty() && size < kWriteWindow) {
    const asio::const_buffer left = rest.front() + begun;
    const asio::const_buffer piece(left.data(), std::min(left.size(), kWriteWindow - size));
    if (piece.size() > 0) window.push_back(piece);
    size += piece.size();
    begun += piece.size();
    if (piece.size() < left.size()) break;
    rest = rest.subspan(1);
    begun = 0;
  }
  return window;
}

Task<void> HttpServerConnection::State::write(Buffers buffers) {
  const bool was_failed = std::exchange(failed, true);  // unless it gets through
  std::size_t begun = 0;
  for (Window window = take_window(buffers, begun); !window.empty(); window = take_window(buffers, begun)) {
    stream->expires_after(limits.write_timeout);
    writing = true;
    co_await stream->write(window);
    writing = false;
  }
  stream->expires_never();
  failed = was_failed;
}

Task<void> HttpServerConnection::State::linger() {
  try {
    co_await stream->finish_writing();
    stream->expires_after(kLingerTime);
    std::size_t dropped = 0;
    while (dropped < kLingerBytes) {
      const std::string_view received = co_await stream->read_view();
      if (received.empty()) break;
      dropped += received.size();
    }
  } catch (const Status&) {
    // The answer is written; how the peer goes away does not matter.
  }
  stream->close();
  closed = true;
}

HttpServerConnection::HttpServerConnection(StreamPtr stream, HttpServerLimits limits)
    : state_(std::make_unique<State>(State{std::move(stream), limits, {}})) {}

HttpServerConnection::~HttpServerConnection() = default;

Task<std::optional<HttpRequest>> HttpServerConnection::read_head() {
  State& state = *state_;
  if (!state.keep_alive()) co_return std::nullopt;
  state.reading_head = true;
  std::optional<RequestHead> head = co_await state.read_request_head();
  state.reading_head = false;
  if (!head) {
    state.closed = true;
    co_return std::nullopt;
  }
  state.http10 = head->http10;
  state.head_only = head->request.method == "HEAD";
  state.close_after = head->close;
  state.unread = head->body;
  state.expects_continue = head->expects_continue;
  state.stream->expires_never();
  state.failed = state.unread.kind != BodyFraming::Kind::None;
  co_return std::move(head->request);
}

Task<void> HttpServerConnection::read_body(HttpRequest& request) { return state_->read_body(request.body); }

Task<std::optional<HttpRequest>> HttpServerConnection::read_request() {
  std::optional<HttpRequest> request = co_await read_head();
  if (request) co_await read_body(*request);
  co_return request;
}

Task<void> HttpServerConnection::respond(const HttpResponse& response) {
  const asio::const_buffer body(response.body.data(), response.body.size());
  co_await respond(response, std::span(&body, 1));
}

Task<void> HttpServerConnection::respond(const HttpResponse& response, std::span<const asio::const_buffer> body) {
  State& state = *state_;
  if (state.in_response) throw internal_error("another response has begun on this connection");
  if (state.unread.kind != BodyFraming::Kind::None) co_await state.drop_body();
  std::string head = state.head_of(response);
  const bool bodiless = has_no_body(response.status);
  if (!bodiless && !response.headers.has("Content-Length")) {
    append_header(head, "Content-Length", std::to_string(asio::buffer_size(body)));
  }
  head.append("\r\n");
  State::Window buffers{asio::buffer(head)};
  if (!bodiless && !state.head_only) buffers.insert(buffers.end(), body.begin(), body.end());
  const bool must_linger = state.failed;
  co_await state.write(buffers);
  if (must_linger) co_await state.linger();
}

Task<void> HttpServerConnection::begin_chunked(const HttpResponse& response) {
  State& state = *state_;
  std::string head = state.head_of(response);
  if (!state.http10) append_header(head, "Transfer-Encoding", "chunked");
  head.append("\r\n");
  const asio::const_buffer buffer = asio::buffer(head);
  co_await state.write(std::span(&buffer, 1));
  state.in_response = true;
}

Task<void> HttpServerConnection::write_chunk(std::string_view bytes) {
  State& state = *state_;
  if (bytes.empty() || state.head_only) co_return;  // an empty chunk would end the body
  std::array<char, 18> size;
  char* end = std::to_chars(size.data(), size.data() + 16, bytes.size(), 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  const std::array<asio::const_buffer, 3> framed{
      asio::const_buffer(size.data(), static_cast<std::size_t>(end - size.data())), asio::buffer(bytes),
      asio::buffer("\r\n", 2)};
  std::span<const asio::const_buffer> buffers = framed;
  if (state.http10) buffers = buffers.subspan(1, 1);
  co_await state.write(buffers);
}

Task<void> HttpServerConnection::end_chunked() {
  State& state = *state_;
  if (!state.http10 && !state.head_only) {
    const asio::const_buffer last = asio::buffer("0\r\n\r\n", 5);
    co_await state.write(std::span(&last, 1));
  }
  state.in_response = false;
}

bool HttpServerConnection::keep_alive() const { return state_->keep_alive(); }

void HttpServerConnection::drain() {
  State& state = *state_;
  state.draining = true;
  state.limits.write_timeout = std::min(state.limits.write_timeout, kDrainWriteTimeout);
  if (state.reading_head) return state.stream->close();
  if (state.writing) state.stream->expires_after(state.limits.write_timeout);
}

void HttpServerConnection::close() {
  state_->closed = true;
  state_->stream->close();
}

Task<void> HttpServerConnection::wait_for_hangup() {
  State& state = *state_;
  try {
    while (state.input.size() < state.limits.max_header_bytes) {
      const bool more = co_await state.input.fill(*state.stream);
      if (!more) break;
    }
  } catch (const Status& status) {
    if (status.reason() == Reason::Cancelled) throw;
  }
  // Gone, or sending more than this may hold: either way nothing more is read here.
  state.close_after = true;
}

Stream& HttpServerConnection::stream() { return *state_->stream; }

std::pair<StreamPtr, std::string> HttpServerConnection::take_over() {
  state_->closed = true;
  return {std::move(state_->stream), state_->input.take()};
}

}  // namespace berth::base
