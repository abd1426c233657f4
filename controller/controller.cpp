// SPDX-License-Identifier: Apache-2.0
#include "controller/controller.hpp"

#include <unordered_map>

#include "base/log.hpp"
#include "controller/referenced_kinds.hpp"
#include "controller/work_loop.hpp"
#include "resources/object/brief_parse.hpp"

namespace berth::controller {
namespace {

using base::Json;
using base::Task;
using resources::WatchEvent;
using schemas::Kind;

// A watch only gives up after this to see whether it is still wanted; its cancel does not wait for it.
constexpr std::chrono::hours kWatchWait{1};
constexpr std::chrono::seconds kWatchRetry{1};

Json parse_briefly(const WatchEvent& event) {
  return event.sealed ? event.parse_unopened() : resources::parse_briefly(*event.object.bytes);
}

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
        work(kind.singular, clock, metrics, on, work_options(given)),
        scope(on, "controller " + kind.singular) {}

  WorkLoopOptions work_options(const ControllerOptions& given) {
    WorkLoopOptions options;
    options.backoff = given.backoff;
    options.lanes = {.lane_of = [this](const Key& key) { return reconciler->lane(key); },
                     .places = given.places,
                     .patience = given.patience};
    options.pass = [this](Key key) { return reconciler->reconcile(std::move(key)); };
    return options;
  }

  Task<void> watch_own();
  Task<void> watch_referenced(const Kind& target, std::string from);
  void saw(const WatchEvent& event);
  void miss_gone();
  void saw_referenced(const Kind& target, const WatchEvent& event);

  std::unique_ptr<Reconciler> reconciler;
  const Kind& kind;
  resources::Resources& resources;
  base::Clock& clock;
  base::Executor loop;
  WorkLoop work;
  base::Scope scope;                                  // of the watches
  std::unordered_map<std::string, std::size_t> seen;  // "ns/name" to the fingerprint last seen
};

void Controller::State::saw(const WatchEvent& event) {
  Json object = parse_briefly(event);
  const Key key = key_of(object);
  const std::string id = key.ns + "/" + key.name;
  if (event.type == resources::WatchEventType::Deleted) {
    seen.erase(id);
    work.add_now(key);
    return;
  }
  const std::size_t now = fingerprint(std::move(object));
  const auto [it, fresh] = seen.try_emplace(id, now);
  if (fresh || std::exchange(it->second, now) != now) {
    work.add_anew(key);
  } else {
    work.add(key);
  }
}

// What went while no watch looked: nobody else tells of it.
void Controller::State::miss_gone() {
  std::erase_if(seen, [this](const auto& each) {
    const std::string& id = each.first;
    const std::size_t slash = id.find('/');
    Key key{id.substr(0, slash), id.substr(slash + 1)};
    if (resources.find(kind, key.ns, key.name)) return false;
    work.add_now(key);
    return true;
  });
}

void Controller::State::saw_referenced(const Kind& target, const WatchEvent& event) {
  const Key key = key_of(parse_briefly(event));
  for (const auto& name : resources.referrers(kind, target.kind, key.ns, key.name)) {
    // Every event of a kind without status is one of its content.
    if (target.has_status) {
      work.add_now({name.ns, name.name});
    } else {
      work.add_anew({name.ns, name.name});
    }
  }
}

Task<void> Controller::State::watch_own() {
  for (;;) {
    std::exception_ptr error;
    try {
      const auto watch = resources.watch(kind, "", {.leave_sealed = true}, loop);
      miss_gone();
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
      const auto watch = resources.watch(target, "", {.resource_version = from, .leave_sealed = true}, loop);
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

Controller::Controller(std::unique_ptr<Reconciler> reconciler, resources::Resources& resources, base::Clock& clock,
                       base::Metrics& metrics, base::Executor loop, ControllerOptions options)
    : state_(std::make_shared<State>(std::move(reconciler), resources, clock, metrics, loop, options)) {}

Controller::~Controller() = default;

void Controller::start() {
  State& state = *state_;
  const std::string from = std::to_string(state.resources.revision());
  for (const Kind* target : referenced_kinds(state.kind)) state.scope.spawn(state.watch_referenced(*target, from));
  state.scope.spawn(state.watch_own());
  state.work.start();
}

void Controller::wake(Key key) {
  base::post_to(state_->loop, [weak = std::weak_ptr(state_), key = std::move(key)] {
    if (const auto state = weak.lock()) state->work.add(key);
  });
}

Task<void> Controller::stop() {
  state_->scope.cancel();
  co_await state_->work.stop();
  co_await state_->scope.join();
}

}  // namespace berth::controller
