// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "api/failure_status.hpp"
#include "api/handlers.hpp"
#include "api/options.hpp"
#include "api/watch_frames.hpp"
#include "api/watch_pipe.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"
#include "resources/object/sealing.hpp"

namespace berth::api {
namespace {

using base::Status;
using std::chrono::steady_clock;

constexpr auto kBookmarkInterval = std::chrono::minutes(1);
constexpr std::size_t kWriteBytes = 64 * 1024;
// Objects that stand: more of them are sent in turns.
constexpr std::size_t kSentAtOnce = 256;

// Raises a gauge while it lives.
class Raised {
 public:
  explicit Raised(base::Gauge gauge) : gauge_(gauge) { gauge_.add(1); }
  Raised(const Raised&) = delete;
  Raised& operator=(const Raised&) = delete;
  ~Raised() { gauge_.add(-1); }

 private:
  base::Gauge gauge_;
};

// Half an hour to an hour, so that watches begun together do not end together.
std::chrono::seconds default_timeout() {
  const std::string random = base::random_bytes(2);
  const auto spread = (static_cast<unsigned char>(random[0]) << 8) | static_cast<unsigned char>(random[1]);
  return std::chrono::seconds(1800 + spread % 1800);
}

// Told inside the stream, because a client that resumes from a dead version must see it there; the rest of the
// refusals come before the stream begins.
bool belongs_in_stream(const Status& status) {
  return status.reason() == base::Reason::Expired || status.reason() == base::Reason::Gone ||
         status.reason() == base::Reason::Timeout;
}

// Asked for, or because the client names no version to begin at.
bool sends_state(const schemas::Kind& kind, const WatchRequest& request) {
  if (request.initial != WatchRequest::Initial::Default) return request.initial == WatchRequest::Initial::Sent;
  const std::string& version = request.list.resource_version;
  return !kind.read_through && (version.empty() || version == "0");
}

class WatchSession {
 public:
  WatchSession(Exchange& exchange, ResponseFormat format, WatchRequest request)
      : exchange_(exchange),
        request_(std::move(request)),
        sends_state_(sends_state(*exchange.kind, request_)),
        frames_(*exchange.kind, std::move(format), exchange.services),
        end_(steady_clock::now() + request_.timeout.value_or(default_timeout())),
        next_bookmark_(steady_clock::now() + kBookmarkInterval),
        next_check_(steady_clock::now() + exchange.services.recheck) {}

  base::Task<void> run() {
    std::exception_ptr refused;
    pipe_ = make_watch_pipe(exchange_, co_await base::this_loop());
    try {
      co_await open();
    } catch (const Status& status) {
      if (!belongs_in_stream(status)) throw;
      refused = std::current_exception();
    }
    co_await pipe_->begin();
    if (refused) co_return co_await end_with(refused);
    co_await write_initial();
    turn_.reset();
    co_await follow();
  }

 private:
  using Initial = WatchRequest::Initial;

  // Throws Cancelled when the server drains first.
  base::Task<void> wait_for_turn(base::Executor loop) {
    using namespace boost::asio::experimental::awaitable_operators;
    exchange_.place.reset();  // those in line are not in flight yet
    turn_.emplace(exchange_.services.watch_starts, loop);
    const auto winner = co_await (turn_->wait() || exchange_.stopping.wait());
    if (winner.index() != 0) throw Status(base::Reason::Cancelled, "the server drains");
  }

  base::Task<void> read_state() {
    resources::ListOptions state = request_.list;
    state.leave_sealed = true;
    // What is read through may be longer than memory: the watch itself brings it, piece by piece.
    state.limit = exchange_.kind->read_through ? 1 : 0;
    state.continue_token.clear();
    if (state.resource_version.empty()) state.resource_version_match.clear();
    initial_ = co_await exchange_.services.resources.list(*exchange_.kind, exchange_.info.ns, std::move(state));
  }

  base::Task<void> open() {
    const auto& resources = exchange_.services.resources;
    const base::Executor loop = co_await base::this_loop();
    std::string& fields = request_.list.field_selector;
    if (const std::string& name = exchange_.info.name; !name.empty()) {
      fields.append(fields.empty() ? "" : ",").append("metadata.name=").append(name);
    }
    resources::WatchOptions options{request_.list.label_selector, fields, request_.list.resource_version};
    options.leave_sealed = true;
    if (sends_state_) {
      co_await read_state();
      if (initial_.items.size() + initial_.sealed.size() > kSentAtOnce) {
        initial_ = {};
        co_await wait_for_turn(loop);
        co_await read_state();
      }
      options.resource_version = exchange_.kind->read_through ? "" : std::to_string(initial_.revision);
    } else if (request_.initial == Initial::Skipped &&
               (options.resource_version.empty() || options.resource_version == "0")) {
      options.resource_version = std::to_string(resources.newest(*exchange_.kind));
    }
    watch_ = resources.watch(*exchange_.kind, exchange_.info.ns, std::move(options), loop);
  }

  base::Task<void> write_initial() {
    if (!sends_state_) co_return;
    if (exchange_.kind->read_through) {
      initial_.items.clear();
      co_await read_through_initial();
    }
    for (const resources::Object& object : initial_.items) {
      frames_.append_event(pending_, resources::WatchEventType::Added, object);
      if (pending_.size() >= kWriteBytes) co_await flush();
    }
    for (const resources::SealedObject& sealed : initial_.sealed) {
      co_await write_sealed(resources::WatchEventType::Added, sealed);
    }
    if (request_.bookmarks && request_.initial == Initial::Sent)
      frames_.append_bookmark(pending_, initial_.revision, WatchFrames::Bookmark::InitialEventsEnd);
    initial_ = {};
    co_await flush();
    pending_.shrink_to_fit();  // frames of events are small: a watch that waits keeps no room for what stood
  }

  // Opened as it is written, one at a time; between them others of this loop have their turn.
  base::Task<void> write_sealed(resources::WatchEventType type, const resources::SealedObject& sealed) {
    {
      const resources::SecretValue opened = exchange_.services.resources.open(*exchange_.kind, sealed);
      frames_.append_event(pending_, type, opened.reveal_to_reader(), sealed.revision);
    }
    exchange_.services.secrets_opened.increment();
    co_await flush();
    co_await base::asio::post(base::use_task);
  }

  // Up to where the watch was opened, or to the first piece that brings it no further.
  base::Task<void> read_through_initial() {
    store::Revision before = 0;
    do {
      before = watch_->progress();
      const auto events = co_await watch_->next_for(steady_clock::duration::zero());
      for (const resources::WatchEvent& event : events) frames_.append_event(pending_, event.type, event.object);
      co_await flush();
    } while (watch_->progress() > before && watch_->progress() < initial_.revision);
  }

  // Pumps until the time is over, the watch fails, the server drains or the peer has gone away.
  base::Task<void> follow() {
    using namespace boost::asio::experimental::awaitable_operators;
    co_await (pump() || wait_for_end());
    const auto state = co_await base::asio::this_coro::cancellation_state;
    if (state.cancelled() != base::asio::cancellation_type::none || hung_up_) co_return exchange_.http.close();
    if (failure_) co_return co_await end_with(failure_);
    add_progress();
    co_await flush();
    co_await pipe_->end();
  }

  // Neither side of the race may throw: the other would then be waited for.
  base::Task<void> pump() {
    try {
      while (!stopped_ && steady_clock::now() < end_) {
        const auto wake = std::min({end_, next_bookmark_, next_check_});
        const auto events =
            co_await watch_->next_for(std::max(wake - steady_clock::now(), steady_clock::duration::zero()));
        check_rights();
        // A frame is written whole even when the race is lost meanwhile, or the stream could not be ended cleanly.
        co_await base::asio::this_coro::reset_cancellation_state(base::asio::disable_cancellation());
        // Here and not in coroutines of their own, which a thousand watches would feel.
        for (const resources::WatchEvent& event : events) {
          if (event.sealed) {
            co_await write_sealed(event.type, *event.sealed);
          } else {
            frames_.append_event(pending_, event.type, event.object);
            if (pending_.size() >= kWriteBytes) co_await flush();
          }
        }
        add_bookmark_when_due();
        if (!pending_.empty()) co_await pipe_->write(pending_);
        forget_sent();
        co_await base::asio::this_coro::reset_cancellation_state(base::asio::enable_total_cancellation());
      }
    } catch (...) {
      if (!stopped_) failure_ = std::current_exception();
    }
    pumped_ = true;
  }

  base::Task<void> wait_for_end() {
    using namespace boost::asio::experimental::awaitable_operators;
    try {
      const auto winner = co_await (pipe_->wait_for_hangup() || exchange_.stopping.wait());
      hung_up_ = winner.index() == 0;
    } catch (...) {
      // Lost the race to the pump, or the connection's owner ended it.
      hung_up_ = !pumped_;
    }
    stopped_ = true;
  }

  // Throws what the request would be refused with now.
  void check_rights() {
    if (steady_clock::now() < next_check_) return;
    next_check_ = steady_clock::now() + exchange_.services.recheck;
    if (auto refused = exchange_.refused_now()) throw *std::move(refused);
  }

  void add_bookmark_when_due() {
    if (steady_clock::now() < next_bookmark_) return;
    next_bookmark_ += kBookmarkInterval;
    add_progress();
  }

  // Nothing while what stands has not been sent: a watch resumed from 0 would be another one.
  void add_progress() {
    const store::Revision reached = watch_->progress();
    if (request_.bookmarks && reached > 0) {
      frames_.append_bookmark(pending_, reached, WatchFrames::Bookmark::Progress);
    }
  }

  base::Task<void> flush() {
    if (pending_.empty()) co_return;
    co_await pipe_->write(pending_);
    forget_sent();
  }

  void forget_sent() {
    if (resources::has_sealed_fields(*exchange_.kind)) {
      const resources::SecretValue wiped(std::exchange(pending_, {}));
    } else {
      pending_.clear();
    }
  }

  base::Task<void> end_with(std::exception_ptr failure) {
    const Status status = failure_status(std::move(failure), exchange_.caller.request_id);
    if (status.reason() == base::Reason::Cancelled) co_return exchange_.http.close();
    if (!belongs_in_stream(status)) {
      base::log_warning("a watch ended with an error",
                        {{"request", exchange_.caller.request_id}, {"error", status.what()}});
    }
    WatchFrames::append_error(pending_, status);
    co_await flush();
    co_await pipe_->end();
  }

  Exchange& exchange_;
  WatchRequest request_;
  const bool sends_state_;  // first
  WatchFrames frames_;
  const steady_clock::time_point end_;
  steady_clock::time_point next_bookmark_;
  steady_clock::time_point next_check_;  // of the caller's rights
  std::unique_ptr<WatchPipe> pipe_;
  resources::ListPage initial_;
  std::optional<base::Turn> turn_;  // to send it
  std::unique_ptr<resources::ObjectWatch> watch_;
  std::string pending_;  // frames on their way out
  std::exception_ptr failure_;
  bool pumped_ = false;
  bool stopped_ = false;
  bool hung_up_ = false;
};

}  // namespace

base::Task<void> handle_watch(Exchange& exchange) {
  ResponseFormat format =
      negotiate(exchange.header("Accept"), exchange.info.query, {Format::Json, Format::Table, Format::Metadata});
  WatchRequest request = read_watch_request(exchange.info.query);
  const Raised counted(exchange.services.watches);
  WatchSession session(exchange, std::move(format), std::move(request));
  co_await session.run();
}

}  // namespace berth::api
