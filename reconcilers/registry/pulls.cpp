// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/registry/pulls.hpp"

#include "reconcilers/pass/audited.hpp"
#include "reconcilers/pass/names.hpp"

namespace berth::reconcilers {

using base::Json;
using base::Task;
using resources::EventNote;

Pulls::Pulls(resources::Resources& resources, base::Clock& clock, base::Executor loop,
             std::function<void(controller::Key)> wake)
    : resources_(resources), clock_(clock), loop_(loop), wake_(std::move(wake)), scope_(loop, "image pulls") {}

PullState Pulls::ask(PullRequest request) {
  const PullKey key = request.engine->host() + "\n" + request.reference + "\n" + request.platform + "\n" + request.mark;
  leave(request.asker, key);
  if (const auto end = ends_.find(request.asker); end != ends_.end()) {
    const End found = std::move(end->second);
    ends_.erase(end);
    if (found.pull == key) return found.state;
  }
  std::unique_ptr<Running>& slot = running_[key];
  const bool fresh = slot == nullptr;
  if (fresh) slot = std::make_unique<Running>(loop_);
  Running& running = *slot;
  running.askers.insert_or_assign(request.asker, request.object);
  if (fresh) scope_.spawn(run(key, std::move(request)));
  return {PullState::Progress::Running, std::nullopt, running.said};
}

void Pulls::forget(const controller::Key& asker) {
  ends_.erase(asker);
  leave(asker, "");
}

// It wants one image at a time.
void Pulls::leave(const controller::Key& asker, const PullKey& but) {
  for (auto& [key, running] : running_) {
    if (key == but || running->askers.erase(asker) == 0) continue;
    if (running->askers.empty()) running->moved.notify();
  }
}

Task<void> Pulls::run(PullKey key, PullRequest first) {
  const std::string reference = first.reference;
  co_await note(first.object, {EventNote::Type::Normal, "Pulling", "Pulling image \"" + reference + "\""});
  const std::exception_ptr error = co_await pull_while_wanted(key, std::move(first));
  PullState state{PullState::Progress::Done, std::nullopt, ""};
  if (error) state = {PullState::Progress::Failed, base::to_status(error), ""};
  const bool cancelled = state.error && state.error->reason() == base::Reason::Cancelled;
  const auto ended = std::move(running_.extract(key).mapped());
  for (const auto& [asker, object] : ended->askers) {
    // Who came while it was being cancelled asks again.
    if (!cancelled) ends_.insert_or_assign(asker, End{key, state});
    wake_(asker);
  }
  if (cancelled) co_return;
  const EventNote end =
      state.error ? EventNote{EventNote::Type::Warning, "Failed",
                              "Failed to pull image \"" + reference + "\": " + state.error->message()}
                  : EventNote{EventNote::Type::Normal, "Pulled", "Successfully pulled image \"" + reference + "\""};
  for (const auto& [asker, object] : ended->askers) co_await note(object, end);
}

Task<std::exception_ptr> Pulls::pull_while_wanted(PullKey key, PullRequest request) {
  Running& running = *running_.at(key);
  bool ended = false;
  std::exception_ptr error;
  base::Scope part(loop_, "image pull");
  if (!running.askers.empty()) part.spawn(pull(key, std::move(request), ended, error));
  std::exception_ptr broken;
  try {
    while (!ended && !running.askers.empty()) co_await running.moved.wait();
  } catch (...) {
    broken = std::current_exception();
  }
  part.cancel();
  co_await part.join();
  if (broken) co_return broken;
  if (!ended) co_return std::make_exception_ptr(base::Status(base::Reason::Cancelled, "nobody wants the image"));
  co_return error;
}

Task<void> Pulls::pull(PullKey key, PullRequest request, bool& ended, std::exception_ptr& error) {
  const resources::EngineAction action = action_on(request.object, request.engine->host(), "pull", request.reference);
  docker::PullOptions options;
  options.reference = request.reference;
  options.platform = request.platform;
  options.auth = request.auth;
  options.on_progress = [this, key](const std::string& said) { heard(key, said); };
  try {
    co_await audited(resources_, clock_, container_caller(), action, pull_and_refresh(request.engine, options));
  } catch (...) {
    error = std::current_exception();
  }
  ended = true;
  running_.at(key)->moved.notify();
}

void Pulls::heard(const PullKey& key, const std::string& said) {
  const auto found = running_.find(key);
  if (found == running_.end()) return;
  Running& running = *found->second;
  running.said = said;
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
}

}  // namespace berth::reconcilers
