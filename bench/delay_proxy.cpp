// SPDX-License-Identifier: Apache-2.0
#include "bench/delay_proxy.hpp"

#include <deque>

#include "base/prompt_tcp.hpp"
#include "base/status.hpp"

namespace berth::bench {
namespace {

using Clock = std::chrono::steady_clock;

// What is on its way in one direction.
struct Way {
  Way(base::Stream& source, base::Stream& sink, base::Executor loop) : from(source), to(sink), moved(loop), due(loop) {}
  base::Stream& from;
  base::Stream& to;
  std::deque<std::pair<Clock::time_point, std::string>> pieces;  // an empty one is the end
  base::Signal moved;
  base::Timer due;
};

base::Task<void> take_in(Way& way, Clock::duration delay) {
  for (bool open = true; open;) {
    std::string piece;
    try {
      piece = co_await way.from.read_view();
    } catch (const base::Status&) {  // a peer that breaks off has ended
    }
    open = !piece.empty();
    way.pieces.emplace_back(Clock::now() + delay, std::move(piece));
    way.moved.notify();
  }
}

base::Task<void> give_out(Way& way) {
  while (true) {
    while (way.pieces.empty()) co_await way.moved.wait();
    auto [when, piece] = std::move(way.pieces.front());
    way.pieces.pop_front();
    if (when > Clock::now()) {
      way.due.expires_at(when);
      co_await way.due.async_wait(base::use_task);
    }
    try {
      if (piece.empty()) co_return co_await way.to.finish_writing();
      co_await way.to.write(piece);
    } catch (const base::Status&) {
      way.from.close();
      co_return;
    }
  }
}

}  // namespace

// What comes is acknowledged as the client that stands behind it would.
DelayProxy::Reach DelayProxy::tcp(std::uint16_t port) {
  return
      [port] { return base::connect_tcp_prompt("127.0.0.1", port, std::chrono::seconds(10), std::chrono::minutes(5)); };
}

DelayProxy::Reach DelayProxy::unix_socket(std::string path) {
  return [path = std::move(path)] { return base::connect_unix(path, std::chrono::seconds(10)); };
}

DelayProxy::DelayProxy(base::Executor loop, Reach reach, Clock::duration delay)
    : reach_(std::move(reach)),
      half_(delay / 2),
      listener_(base::listen_tcp(loop, "127.0.0.1:0")),
      scope_(loop, "delay") {
  scope_.spawn(accept_all());
}

base::Task<void> DelayProxy::stop() {
  listener_->close();
  scope_.cancel();
  co_await scope_.join();
}

base::Task<void> DelayProxy::accept_all() {
  while (true) {
    base::StreamPtr client = co_await listener_->accept();
    scope_.spawn(serve(std::move(client)));
  }
}

base::Task<void> DelayProxy::serve(base::StreamPtr client) {
  base::StreamPtr server = co_await reach_();
  Way there(*client, *server, scope_.loop());
  Way back(*server, *client, scope_.loop());
  base::Scope ways(scope_.loop(), "ways");
  ways.spawn(take_in(there, half_));
  ways.spawn(give_out(there));
  ways.spawn(take_in(back, half_));
  ways.spawn(give_out(back));
  co_await ways.join();
}

}  // namespace berth::bench
