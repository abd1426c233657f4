// SPDX-License-Identifier: Apache-2.0
#include "api/watch_pipe.hpp"

#include "base/websocket.hpp"

namespace berth::api {
namespace {

class ChunkedPipe final : public WatchPipe {
 public:
  explicit ChunkedPipe(Exchange& exchange) : exchange_(exchange) {}

  base::Task<void> begin() override { co_await exchange_.begin_stream("application/json"); }
  base::Task<void> write(std::string_view frames) override { return exchange_.http.write_chunk(frames); }
  base::Task<void> end() override { co_await exchange_.http.end_chunked(); }
  base::Task<void> wait_for_hangup() override { co_await exchange_.http.wait_for_hangup(); }

 private:
  Exchange& exchange_;
};

class SocketPipe final : public WatchPipe {
 public:
  SocketPipe(Exchange& exchange, base::Executor loop)
      : exchange_(exchange), socket_(exchange.http.stream(), std::move(loop)) {}

  base::Task<void> begin() override {
    base::HttpResponse response = base::accept_websocket(exchange_.request);
    co_await exchange_.respond(std::move(response));
  }
  base::Task<void> write(std::string_view frames) override { co_await socket_.write_lines(frames); }
  base::Task<void> end() override {
    co_await socket_.finish();
    // It speaks HTTP no more.
    exchange_.http.close();
  }
  base::Task<void> wait_for_hangup() override { co_await socket_.wait_for_hangup(); }

 private:
  Exchange& exchange_;
  base::WebSocket socket_;
};

}  // namespace

std::unique_ptr<WatchPipe> make_watch_pipe(Exchange& exchange, base::Executor loop) {
  if (base::asks_for_websocket(exchange.request)) return std::make_unique<SocketPipe>(exchange, std::move(loop));
  return std::make_unique<ChunkedPipe>(exchange);
}

}  // namespace berth::api
