// SPDX-License-Identifier: Apache-2.0
#include "controller/controller.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <unordered_map>

#include "base/log.hpp"
#include "controller/referenced_kinds.hpp"
#include "controller/work_queue.hpp"

namespace berth::controller {
namespace {

using base::Json;
using base::Task;
using resources::WatchEvent;
using schemas::Kind;

// A watch only gives up after this to see whether it is still wanted; its cancel does not wait for it.
constexpr std::chrono::hours kWatchWait{1};
constexpr std::chrono::seconds kWatchRetry{1};

Key key_of(const Json& object) {
  return {std::string(base::string_at(object, "metadata.namespace")),
          std::string(base::string_at(object, "metadata.name"))};
}

// What users write of an object: everything but its status and what the server stamps at each write.
std::size_t fingerprint(Json user) {
  user.as_object().erase("status");
  if (Json* meta = base::find_path(user, "metadata"); meta && meta->is_object()) {
    meta->as_object().erase("resourceVersion");
    meta->as_object().erase("managedFields");
  }
  return std::hash<std::string>{}(base::to_canonical(user));
}

}  // namespace

struct Controller::State : std::enable_shared_from_this<Controller::State> {
  State(std::unique_ptr<Reconciler> made, resources::Resources& through, base::Clock& ticking, base::Metrics& metrics,
        base::Executor on, ControllerOptions given)
      : reconciler(std::move(made)),
        kind(reconciler->kind()),
        resources(through),
        clock(ticking),
        loop(on),
        options(given),
        queue(kind.singular, metrics, {given.backoff_first, given.backoff_most}),
        scope(on, "controller " + kind.singular),
        moved(on),
        passes(metrics.counter("berth_reconcile_total", "Passes of a reconciler.", {{"controller", kind.singular}})),
        errors(metrics.counter("berth_reconcile_errors_total", "Passes that ended with an error.",
                               {{"controller", kind.singular}})) {}

  void add(const Key& key) {
    queue.add(key, clock.steady_now());
    moved.notify();
  }
  void add_now(const Key& key) {
    queue.add_now(key, clock.steady_now());
    moved.notify();
  }

  Task<void> watch_own();
  Task<void> watch_referenced(const Kind& target, std::string from);
  Task<void> dispatch();
  Task<void> work(Key key);
  Task<void> list_all();
  void saw(const WatchEvent& event);
  void saw_referenced(const Kind& target, const WatchEvent& event);

  std::unique_ptr<Reconciler> reconciler;
  const Kind& kind;
  resources::Resources& resources;
  base::Clock& clock;
  base::Executor loop;
  ControllerOptions options;
  WorkQueue queue;
  base::Scope scope;
  base::Signal moved;  // the queue, or a worker that became free
  std::size_t busy = 0;
  std::unordered_map<std::string, std::size_t> seen;  // "ns/name" to the fingerprint last seen
  base::Counter passes;
  base::Counter errors;
};

void Controller::State::saw(const WatchEvent& event) {
  Json object = event.object.parse();
  const Key key = key_of(object);
  const std::string id = key.ns + "/" + key.name;
  if (event.type == resources::WatchEventType::Deleted) {
    seen.erase(id);
    add_now(key);
    return;
  }
  const std::size_t now = fingerprint(std::move(object));
  const auto [it, fresh] = seen.try_emplace(id, now);
  if (fresh || std::exchange(it->second, now) != now) {
    add_now(key);
  } else {
    add(key);
  }
}

void Controller::State::saw_referenced(const Kind& target, const WatchEvent& event) {
  const Key key = key_of(event.object.parse());
  for (const auto& name : resources.referrers(kind, target.kind, key.ns, key.name)) add_now({name.ns, name.name});
}

Task<void> Controller::State::watch_own() {
  for (;;) {
    std::exception_ptr error;
    try {
      const auto watch = resources.watch(kind, "", {}, loop);
      for (;;) {
        for (const WatchEvent& event : co_await watch->next_for(kWatchWait)) saw(event);
      }
    } catch (...) {
      error = std::current_exception();
    }
    const base::Status status = base::to_status(error);
    if (status.reason() == base::Reason::Cancelled) co_return;
    if (status.reason() == base::Reason::Expired) continue;
    base::log_error("watch ended, starting again", {{"controller", kind.singular}, {"error", status.what()}});
    co_await clock.sleep_for(kWatchRetry);
  }
}

Task<void> Controller::State::watch_referenced(const Kind& target, std::string from) {
  for (;;) {
    std::exception_ptr error;
    try {
      const auto watch = resources.watch(target, "", {.resource_version = from}, loop);
      for (;;) {
        for (const WatchEvent& event : co_await watch->next_for(kWatchWait)) saw_referenced(target, event);
      }
    } catch (...) {
      error = std::current_exception();
    }
    const base::Status status = base::to_status(error);
    if (status.reason() == base::Reason::Cancelled) co_return;
    from.clear();  // what was missed is made up for by every present object
    if (status.reason() == base::Reason::Expired) continue;
    base::log_error("watch ended, starting again",
                    {{"controller", kind.singular}, {"of", target.kind}, {"error", status.what()}});
    co_await clock.sleep_for(kWatchRetry);
  }
}

Task<void> Controller::State::dispatch() {
  using namespace base::asio::experimental::awaitable_operators;
  for (;;) {
    while (busy < options.workers) {
      const std::optional<Key> key = queue.take(clock.steady_now());
      if (!key) break;
      ++busy;
      scope.spawn(work(*key));
    }
    const std::optional<base::SteadyTime> due = queue.next_due();
    if (busy < options.workers && due) {
      try {
        co_await (moved.wait() || clock.sleep_until(*due));
      } catch (const base::asio::multiple_exceptions&) {
        co_return;  // stop() has cancelled both
      }
    } else {
      co_await moved.wait();
    }
  }
}

Task<void> Controller::State::work(Key key) {
  passes.increment();
  std::exception_ptr error;
  Requeue again = Requeue::never();
  try {
    again = co_await reconciler->reconcile(key);
  } catch (...) {
    error = std::current_exception();
  }
  const base::SteadyTime now = clock.steady_now();
  if (error) {
    const base::Status status = base::to_status(error);
    if (status.reason() != base::Reason::Cancelled) {
      errors.increment();
      const auto delay = queue.retry(key, now);
      base::log_warning("reconcile failed", {{"controller", kind.singular},
                                             {"namespace", key.ns},
                                             {"name", key.name},
                                             {"error", status.what()},
                                             {"retry_ms", std::to_string(delay.count())}});
    }
  } else {
    if (!again.under_way()) queue.forget(key);
    if (again.delay()) queue.add_at(key, now + *again.delay());
  }
  queue.done(key, now);
  --busy;
  moved.notify();
}

Task<void> Controller::State::list_all() {
  const resources::ListPage page = co_await resources.list(kind, "", {});
  for (const resources::Object& object : page.items) add_now(key_of(object.parse()));
}

Controller::Controller(std::unique_ptr<Reconciler> reconciler, resources::Resources& resources, base::Clock& clock,
                       base::Metrics& metrics, base::Executor loop, ControllerOptions options)
    : state_(std::make_shared<State>(std::move(reconciler), resources, clock, metrics, loop, options)) {}

Controller::~Controller() = default;

void Controller::start() {
  State& state = *state_;
  const std::string from = std::to_string(state.resources.revision());
  for (const Kind* target : referenced_kinds(state.kind)) state.scope.spawn(state.watch_referenced(*target, from));
  state.scope.spawn(state.watch_own());
  state.scope.spawn(state.dispatch());
}

void Controller::wake(Key key) {
  base::post_to(state_->loop, [weak = std::weak_ptr(state_), key = std::move(key)] {
    if (const auto state = weak.lock()) state->add(key);
  });
}

void Controller::wake_all() {
  base::post_to(state_->loop, [weak = std::weak_ptr(state_)] {
    if (const auto state = weak.lock(); state && !state->scope.cancelled()) state->scope.spawn(state->list_all());
  });
}

Task<void> Controller::stop() {
  state_->scope.cancel();
  co_await state_->scope.join();
}

}  // namespace berth::controller
