// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/registry/pulls.hpp"

#include "docker/image_reference.hpp"
#include "reconcilers/pass/audited.hpp"
#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::Task;
using resources::EventNote;

// "nginx" and "nginx:latest" are one image.
std::string key_of(const PullRequest& request) {
  const docker::ImageReference image = docker::parse_image_reference(request.reference);
  return request.engine->host() + "\n" + docker::familiar_repository(image.repository) + "\n" + image.tag_or_digest() +
         "\n" + request.platform + "\n" + request.mark;
}

Task<void> pull_and_refresh(std::shared_ptr<docker::Engine> engine, docker::PullOptions options,
                            docker::PullResult& result) {
  result = co_await engine->client().pull_image(std::move(options));
  co_await engine->refresh_images();
}

}  // namespace

// A caller's place among those who want a pull. Loop thread only.
class Pulls::Wish {
 public:
  Wish(RunningPtr pull, Listener listener) : listener_(std::move(listener)) { move_to(std::move(pull)); }
  Wish(const Wish&) = delete;
  Wish& operator=(const Wish&) = delete;
  ~Wish() { leave(); }

  void move_to(RunningPtr pull) {
    leave();
    pull_ = std::move(pull);
    place_ = pull_->callers.insert(pull_->callers.end(), listener_);
    if (listener_ && !pull_->progress.layers().empty()) listener_(pull_->progress);
  }
  Running& pull() const { return *pull_; }

 private:
  void leave() {
    if (!pull_) return;
    pull_->callers.erase(place_);
    if (!pull_->is_wanted()) pull_->moved.notify();
  }

  const Listener listener_;
  RunningPtr pull_;
  std::list<Listener>::iterator place_;
};

Pulls::Pulls(resources::Resources& resources, base::Clock& clock, base::Executor loop,
             std::function<void(controller::Key)> wake)
    : resources_(resources), clock_(clock), loop_(loop), wake_(std::move(wake)), scope_(loop, "image pulls") {}

PullState Pulls::ask(PullRequest request, const controller::Key& asker, Json object) {
  const PullKey key = key_of(request);
  leave(asker, key);
  if (const auto end = ends_.find(asker); end != ends_.end()) {
    const End found = std::move(end->second);
    ends_.erase(end);
    if (found.pull == key) return found.state;
  }
  Starter starter{container_caller(), action_on(object, request.engine->host(), "pull", request.reference), object};
  const RunningPtr running = join(key, request, starter).pull;
  running->askers.insert_or_assign(asker, std::move(object));
  return {PullState::Progress::Running, std::nullopt, running->progress.text()};
}

void Pulls::forget(const controller::Key& asker) {
  ends_.erase(asker);
  leave(asker, "");
}

Task<docker::PullResult> Pulls::share(PullRequest request, resources::Caller caller, Listener listener) {
  Starter starter{std::move(caller), {}, nullptr};
  starter.action.action = "pull";
  starter.action.host = request.engine->host();
  starter.action.target = request.reference;
  const Joined joined = join(key_of(request), request, starter);
  Wish wish(joined.pull, std::move(listener));
  auto end = see_to_end(wish, std::move(request), starter);
  if (joined.begun) {
    co_await std::move(end);
  } else {
    co_await audited(resources_, clock_, starter.caller, starter.action, std::move(end));
  }
  co_return wish.pull().result;
}

Task<void> Pulls::see_to_end(Wish& wish, PullRequest request, Starter starter) {
  for (;;) {
    while (!wish.pull().end) co_await wish.pull().over.wait();
    const std::optional<base::Status>& error = wish.pull().end->error;
    if (!error) co_return;
    if (error->reason() != base::Reason::Cancelled) throw base::Status(*error);
    if (!wish.pull().abandoned || scope_.cancelled()) {
      throw base::unavailable("the pull of " + request.reference + " was cut off", std::chrono::seconds(2));
    }
    // It came while that one was being cancelled for want of others.
    wish.move_to(join(key_of(request), request, starter).pull);
  }
}

Pulls::Joined Pulls::join(const PullKey& key, const PullRequest& request, const Starter& starter) {
  if (const auto found = running_.find(key); found != running_.end()) return {found->second, false};
  const auto running = std::make_shared<Running>(loop_);
  running_.emplace(key, running);
  scope_.spawn(run(key, running, request, starter));
  return {running, true};
}

// It wants one image at a time.
void Pulls::leave(const controller::Key& asker, const PullKey& but) {
  for (auto& [key, running] : running_) {
    if (key == but || running->askers.erase(asker) == 0) continue;
    if (!running->is_wanted()) running->moved.notify();
  }
}

Task<void> Pulls::run(PullKey key, RunningPtr running, PullRequest request, Starter starter) {
  const std::string reference = request.reference;
  const std::exception_ptr error = co_await pull_while_wanted(*running, std::move(request), std::move(starter));
  PullState state{PullState::Progress::Done, std::nullopt, ""};
  if (error) state = {PullState::Progress::Failed, base::to_status(error), ""};
  const bool cancelled = state.error && state.error->reason() == base::Reason::Cancelled;
  running_.erase(key);
  running->end = state;
  running->over.notify();
  for (const auto& [asker, object] : running->askers) {
    // Who came while it was being cancelled asks again.
    if (!cancelled) ends_.insert_or_assign(asker, End{key, state});
    wake_(asker);
  }
  if (cancelled) co_return;
  const EventNote end =
      state.error ? EventNote{EventNote::Type::Warning, "Failed",
                              "Failed to pull image \"" + reference + "\": " + state.error->message()}
                  : EventNote{EventNote::Type::Normal, "Pulled", "Successfully pulled image \"" + reference + "\""};
  for (const auto& [asker, object] : running->askers) co_await note(object, end);
}

Task<std::exception_ptr> Pulls::pull_while_wanted(Running& running, PullRequest request, Starter starter) {
  bool ended = false;
  std::exception_ptr error;
  base::Scope part(loop_, "image pull");
  if (running.is_wanted()) part.spawn(pull(running, std::move(request), std::move(starter), ended, error));
  std::exception_ptr broken;
  try {
    while (!ended && running.is_wanted()) co_await running.moved.wait();
  } catch (...) {
    broken = std::current_exception();
  }
  running.abandoned = !ended && !broken;
  part.cancel();
  co_await part.join();
  if (broken) co_return broken;
  if (!ended) co_return std::make_exception_ptr(base::Status(base::Reason::Cancelled, "nobody wants the image"));
  co_return error;
}

Task<void> Pulls::pull(Running& running, PullRequest request, Starter starter, bool& ended, std::exception_ptr& error) {
  docker::PullOptions options;
  options.reference = request.reference;
  options.platform = request.platform;
  options.auth = request.auth;
  options.on_progress = [this, &running](const docker::PullProgress& progress) { heard(running, progress); };
  try {
    if (!starter.object.is_null()) {
      const std::string words = "Pulling image \"" + request.reference + "\"";
      co_await note(starter.object, {EventNote::Type::Normal, "Pulling", words});
    }
    co_await audited(resources_, clock_, starter.caller, starter.action,
                     pull_and_refresh(request.engine, options, running.result));
  } catch (...) {
    error = std::current_exception();
  }
  ended = true;
  running.moved.notify();
}

void Pulls::heard(Running& running, const docker::PullProgress& progress) {
  running.progress = progress;
  for (const Listener& caller : running.callers) {
    if (caller) caller(progress);
  }
  const base::SteadyTime now = clock_.steady_now();
  if (now < running.tell_from) return;
  running.tell_from = now + kTellEvery;
  for (const auto& [asker, object] : running.askers) wake_(asker);
}

Task<void> Pulls::note(Json object, EventNote note) {
  co_await resources_.note_event(container_caller(), schemas::Catalog::instance().by_name("Container"), object, note);
}

Task<void> Pulls::stop() {
  scope_.cancel();
  co_await scope_.join();
  // Those that had not begun yet.
  for (const auto& [key, running] : std::exchange(running_, {})) {
    running->end = {PullState::Progress::Failed, base::Status(base::Reason::Cancelled, "berthd stops"), ""};
    running->over.notify();
  }
}

}  // namespace berth::reconcilers
