// SPDX-License-Identifier: Apache-2.0
// An entry's life: connect, list, follow events, and begin again when the engine goes away.
#include "docker/engine_entry.hpp"

#include <algorithm>
#include <functional>
#include <random>

#include "base/log.hpp"
#include "base/run_on.hpp"
#include "base/status.hpp"
#include "docker/engine_client.hpp"

namespace berth::docker {

using base::Reason;
using base::Status;
using std::chrono::seconds;

namespace {

constexpr std::size_t kBurst = 64;     // more stale containers than this are one list
constexpr std::size_t kReaders = 16;   // inspects of stale containers at once: more than there are starts
constexpr int kResyncsPerRelist = 10;  // what the list of containers does not show is read at every tenth resync
constexpr std::chrono::milliseconds kBehind{500};
constexpr int kPatience = 4;  // so much longer than at first a list may take on an engine that answers a ping

}  // namespace

EngineEntry::EngineEntry(const EngineContext& context, std::string host, std::string connector_id,
                         std::unique_ptr<Connector> connector, base::Executor loop,
                         std::shared_ptr<EngineEntry> previous)
    : context_(context),
      host_(std::move(host)),
      connector_id_(std::move(connector_id)),
      client_(
          std::make_unique<EngineClient>(std::move(connector), host_, context.metrics, [this] { silence_.notify(); })),
      previous_(std::move(previous)),
      state_(std::make_shared<EngineState>()),
      dirty_signal_(loop),
      session_over_(loop),
      silence_(loop),
      to_look_(loop),
      scope_(loop, "engine " + host_) {
  reachable_gauge_ = context_.metrics.gauge("berth_engine_reachable", "1 while the engine answers.", {{"host", host_}});
  events_counter_ =
      context_.metrics.counter("berth_engine_events_total", "Events that an engine sent.", {{"host", host_}});
  resyncs_counter_ = context_.metrics.counter("berth_engine_resyncs_total",
                                              "Lists of containers compared with the snapshot.", {{"host", host_}});
}

void EngineEntry::start() {
  scope_.spawn_from_anywhere([this] { return run(); });
}

Task<void> EngineEntry::stop() {
  co_await base::asio::this_coro::throw_if_cancelled(false);
  scope_.cancel();
  co_await scope_.join();
  co_await stop_previous();
  client_->close();
  reachable_gauge_.set(0);
}

Task<void> EngineEntry::stop_previous() {
  const std::shared_ptr<EngineEntry> previous = std::exchange(previous_, nullptr);
  if (!previous) co_return;
  co_await base::run_on(previous->loop(), previous->stop());
}

void EngineEntry::request_resync() {
  // It may arrive after stop(), when nobody else holds this entry.
  base::post_to(loop(), [self = shared_from_this()] { self->scope_.spawn(self->resync_now()); });
}

Client& EngineEntry::client() {
  const auto state = std::atomic_load(&state_);
  if (state->reachable == Reachability::Reachable) return *client_;
  throw base::unavailable("host " + host_ + ": " + (state->message.empty() ? "not connected yet" : state->message),
                          seconds(2));
}

Task<void> EngineEntry::run() {
  co_await stop_previous();
  while (!scope_.cancelled()) {
    std::exception_ptr error;
    try {
      co_await session();
    } catch (...) {
      error = std::current_exception();
    }
    if (scope_.cancelled()) co_return;
    became_unreachable(base::to_status(error));
    co_await context_.clock.sleep_for(backoff());
  }
}

// Returns only by an exception.
Task<void> EngineEntry::session() {
  co_await client_->reach();
  EngineFacts facts = co_await client_->facts();
  // From the last event on, or from now by the engine's clock: subscribe first, then list, so that nothing falls
  // between. The engine keeps 256 events for this.
  const std::int64_t since = last_event_nano_ > 0 ? last_event_nano_ + 1 : facts.time_nano;
  last_event_nano_ = std::max(last_event_nano_, since - 1);
  const std::unique_ptr<EventStream> stream = co_await client_->events(since);
  unread_.merge(dirty_.containers);
  dirty_ = {};
  reading_.clear();
  kept_ = false;
  std::shared_ptr<Snapshot> listed = co_await list_everything();
  became_reachable(std::move(facts), std::move(listed));
  broken_.reset();
  base::Scope parts(loop(), "engine session " + host_);
  parts.spawn(guard(read_events(*stream)));
  parts.spawn(guard(refresh_dirty(parts)));
  parts.spawn(guard(keep_in_step()));
  parts.spawn(guard(look_now_and_then()));
  parts.spawn(guard(doubt()));
  std::exception_ptr error;
  try {
    while (!broken_) co_await session_over_.wait();
  } catch (...) {
    error = std::current_exception();
  }
  parts.cancel();
  co_await parts.join();
  client_->close();
  if (error) std::rethrow_exception(error);
  throw *broken_;
}

// The first part that fails ends the session.
Task<void> EngineEntry::guard(Task<void> part) {
  std::exception_ptr error;
  try {
    co_await std::move(part);
  } catch (...) {
    error = std::current_exception();
  }
  end_session(error ? base::to_status(error) : base::internal_error("a part of the session ended"));
}

void EngineEntry::end_session(const Status& status) {
  if (status.reason() == Reason::Cancelled) return;
  if (!broken_) broken_ = status;
  session_over_.notify();
}

Task<void> EngineEntry::read_events(EventStream& stream) {
  while (true) {
    const EngineEvent event = co_await stream.next();
    last_heard_ = context_.clock.steady_now();
    last_event_nano_ = std::max(last_event_nano_, event.time_nano);
    events_counter_.increment();
    mark(event);
    if (dirty_.any()) dirty_signal_.notify();
  }
}

void EngineEntry::mark(const EngineEvent& event) {
  if (event.type == "container") {
    dirty_.containers.insert(event.id);
  } else if (event.type == "network") {
    const auto container = event.attributes.find("container");
    if (container != event.attributes.end()) {
      dirty_.containers.insert(container->second);
    } else {
      dirty_.networks = true;
    }
  } else if (event.type == "volume") {
    dirty_.volumes = true;
  } else if (event.type == "image") {
    dirty_.images = true;
  }
}

// One inspect for a container, however many events came for it while the one before was under way. Of several
// containers at once: the engine describes one that it is starting or stopping only once that is over, and the others
// need not wait for it.
Task<void> EngineEntry::refresh_dirty(base::Scope& parts) {
  // Where each call takes one of the few sessions that a server allows, none is left to those that wait.
  const std::size_t most = client_->link().transport == "DialStdio" ? 1 : kReaders;
  while (true) {
    if (std::exchange(dirty_.networks, false)) co_await refresh_networks();
    if (std::exchange(dirty_.volumes, false)) co_await refresh_volumes();
    if (std::exchange(dirty_.images, false)) co_await refresh_images();
    if (dirty_.containers.size() > kBurst) {
      const std::set<std::string> burst = std::exchange(dirty_.containers, {});
      unread_.insert(burst.begin(), burst.end());
      co_await list_rows();
      for (const std::string& id : burst) unread_.erase(id);
    }
    // What is being read is read once more after that.
    const auto next =
        std::ranges::find_if(dirty_.containers, [this](const auto& id) { return !reading_.contains(id); });
    if (next != dirty_.containers.end() && reading_.size() < most) {
      const std::string id = std::move(dirty_.containers.extract(next).value());
      reading_.insert(id);
      parts.spawn(refresh_one(id));
    } else if (reading_.empty() && !dirty_.strangers.empty()) {
      const std::string id = std::move(dirty_.strangers.extract(dirty_.strangers.begin()).value());
      reading_.insert(id);
      parts.spawn(refresh_one(id));
    } else {
      co_await dirty_signal_.wait();
      // The answer to a call of ours is there with its events: who has called reads the container itself.
      co_await base::asio::post(base::use_task);
    }
  }
}

Task<void> EngineEntry::refresh_one(std::string id) {
  std::exception_ptr error;
  try {
    co_await inspect_if_possible(id);
  } catch (...) {
    error = std::current_exception();
  }
  if (error) dirty_.containers.insert(id);
  if (error) end_session(base::to_status(error));
  reading_.erase(id);
  dirty_signal_.notify();
}

// Repairs what events did not tell: they are dropped for slow readers, and a stream can be cut without an end. The
// list is also the sign of life; a ping is needed only where lists are rarer.
Task<void> EngineEntry::keep_in_step() {
  const base::Clock& clock = context_.clock;
  auto due = clock.steady_now() + first_resync_delay();
  int resyncs = 0;
  while (true) {
    co_await context_.clock.sleep_until(std::min(due, last_heard_ + context_.options.liveness_period));
    const auto now = clock.steady_now();
    if (now >= due) {
      due = now + context_.options.resync_period;
      co_await probe();
      const bool relist = ++resyncs % kResyncsPerRelist == 0;
      if (relist) co_await list_others();
      if (std::exchange(kept_, false) || relist) to_look_.notify();
    } else if (now >= last_heard_ + context_.options.liveness_period) {
      co_await ping();
      last_heard_ = clock.steady_now();
    }
  }
}

// Beside the signs of life: an engine may hang while it describes a container.
Task<void> EngineEntry::look_now_and_then() {
  while (true) {
    co_await to_look_.wait();
    co_await look_at_whole();
  }
}

// Limits and restart policies are in no list. What is ours and what somebody has asked for, one inspect after the
// other, spread over the time until the next list.
Task<void> EngineEntry::look_at_whole() {
  std::vector<std::string> ids;
  for (const auto& [id, view] : snapshot()->containers) {
    if (view->extent == ContainerView::Extent::Whole) ids.push_back(id);
  }
  for (const std::string& id : ids) {
    co_await context_.clock.sleep_for(context_.options.resync_period / (ids.size() + 1));
    try {
      co_await inspect_one(id, ContainerView::Extent::Whole);
      last_heard_ = context_.clock.steady_now();
    } catch (const Status& status) {
      // One that hangs while it is started or stopped is no sign of its engine; the list is.
      if (status.reason() == Reason::ServiceUnavailable) throw;
      base::log_warning("container not inspected", {{"host", host_}, {"container", id}, {"error", status.what()}});
    }
  }
}

// A list with a short deadline; one that is late means a busy engine, or one that hangs: a ping tells which, and who is
// busy gets more time.
Task<void> EngineEntry::probe() {
  for (const int patience : {1, kPatience}) {
    bool late = false;
    try {
      co_await base::within(patience * context_.options.probe_limit, "container_list", list_rows());
    } catch (const Status& status) {
      if (status.reason() != Reason::Timeout) throw;
      late = true;
    }
    if (!late) break;
    co_await ping();
  }
  last_heard_ = context_.clock.steady_now();
}

// One that does not even answer a ping is given up at once: what wants it from then on fails without waiting, until it
// has been listed again.
Task<void> EngineEntry::doubt() {
  while (true) {
    co_await silence_.wait();
    co_await ping();
  }
}

// A limit that ends late by our own clock says that it is this loop that is behind: the answer may be there, unread.
Task<void> EngineEntry::ping() {
  const auto limit = context_.options.probe_limit;
  for (int tries = 1;; ++tries) {
    const auto due = std::chrono::steady_clock::now() + limit;
    try {
      co_await base::within(limit, "ping", client_->ping());
      co_return;
    } catch (const Status& status) {
      const bool behind = std::chrono::steady_clock::now() > due + kBehind;
      if (status.reason() != Reason::Timeout || !behind || tries > 1) throw;
    }
  }
}

// A broken engine is the session's to notice.
Task<void> EngineEntry::resync_now() {
  if (std::atomic_load(&state_)->reachable != Reachability::Reachable) co_return;
  co_await list_rows();
}

void EngineEntry::became_reachable(EngineFacts facts, std::shared_ptr<Snapshot> listed) {
  base::log_info("engine reached", {{"host", host_}, {"version", facts.version}, {"api", to_string(facts.api)}});
  failures_ = 0;
  unread_.clear();
  last_heard_ = context_.clock.steady_now();
  reachable_gauge_.set(1);
  EngineState state = *std::atomic_load(&state_);
  state.reachable = Reachability::Reachable;
  state.message.clear();
  state.link = client_->link();
  state.facts = std::make_shared<const EngineFacts>(std::move(facts));
  listed->generation = snapshot()->generation + 1;
  state.snapshot = std::move(listed);
  publish_state(std::move(state));
  tell(nullptr);
}

void EngineEntry::became_unreachable(const Status& status) {
  const std::string& message = status.message();
  reachable_gauge_.set(0);
  EngineState state = *std::atomic_load(&state_);
  LinkReport link = client_->link();
  const bool news = state.reachable != Reachability::Unreachable || state.message != message || state.link != link;
  if (!news) return;
  base::log_warning("engine not reachable", {{"host", host_}, {"error", message}});
  if (state.reachable != Reachability::Unreachable) {
    // Of one that fell silent, the last word is older than the limit that has passed.
    const bool silent = status.reason() == Reason::Timeout && state.snapshot;
    state.away_since = silent ? last_heard_ : context_.clock.steady_now();
  }
  state.reachable = Reachability::Unreachable;
  state.message = message;
  state.link = std::move(link);
  publish_state(std::move(state));
  tell(nullptr);
}

// Doubles up to the limit; between half and the whole of it, so that many engines do not come back in step.
std::chrono::steady_clock::duration EngineEntry::backoff() {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const std::chrono::milliseconds most = context_.options.reconnect_most;
  const auto wanted = std::min(most, context_.options.reconnect_first * (1 << std::min(failures_++, 16)));
  std::uniform_real_distribution<double> share(0.5, 1.0);
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(wanted * share(random));
}

std::chrono::steady_clock::duration EngineEntry::first_resync_delay() const {
  const auto period = std::chrono::milliseconds(context_.options.resync_period);
  const auto part = std::hash<std::string>{}(host_) % std::max<std::int64_t>(period.count(), 1);
  return period / 2 + std::chrono::milliseconds(part) / 2;
}

}  // namespace berth::docker
