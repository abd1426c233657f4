// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pulls.hpp"

#include "reconcilers/audited.hpp"
#include "reconcilers/names.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::Task;
using resources::EventNote;

}  // namespace

Pulls::Pulls(resources::Resources& resources, base::Clock& clock, base::Executor loop,
             std::function<void(controller::Key)> wake)
    : resources_(resources), clock_(clock), wake_(std::move(wake)), scope_(loop, "image pulls") {}

PullState Pulls::ask(PullRequest request) {
  const PullKey key = request.engine->host() + "\n" + request.reference + "\n" + request.platform;
  if (const auto end = ends_.find(request.asker); end != ends_.end()) {
    const End found = std::move(end->second);
    ends_.erase(end);
    if (found.pull == key) return found.state;
  }
  const auto [it, fresh] = running_.try_emplace(key);
  it->second.askers.insert_or_assign(request.asker, request.object);
  if (fresh) scope_.spawn(run(key, std::move(request)));
  return {};
}

void Pulls::forget(const controller::Key& asker) {
  ends_.erase(asker);
  for (auto& [key, running] : running_) running.askers.erase(asker);
}

Task<void> Pulls::run(PullKey key, PullRequest first) {
  const std::string reference = first.reference;
  co_await note(first.object, {EventNote::Type::Normal, "Pulling", "Pulling image \"" + reference + "\""});
  std::exception_ptr error;
  try {
    co_await pull(std::move(first));
  } catch (...) {
    error = std::current_exception();
  }
  PullState state{PullState::Progress::Done, std::nullopt};
  if (error) state = {PullState::Progress::Failed, base::to_status(error)};
  const Running ended = std::move(running_.extract(key).mapped());
  for (const auto& [asker, object] : ended.askers) {
    ends_.insert_or_assign(asker, End{key, state});
    wake_(asker);
  }
  if (state.error && state.error->reason() == base::Reason::Cancelled) co_return;
  const EventNote end =
      state.error ? EventNote{EventNote::Type::Warning, "Failed",
                              "Failed to pull image \"" + reference + "\": " + state.error->message()}
                  : EventNote{EventNote::Type::Normal, "Pulled", "Successfully pulled image \"" + reference + "\""};
  for (const auto& [asker, object] : ended.askers) co_await note(object, end);
}

Task<void> Pulls::pull(PullRequest request) {
  const resources::EngineAction action = action_on(request.object, request.engine->host(), "pull", request.reference);
  docker::PullOptions options;
  options.reference = request.reference;
  options.platform = request.platform;
  co_await audited(resources_, clock_, container_caller(), action, pull_and_refresh(request.engine, options));
}

Task<void> Pulls::note(Json object, EventNote note) {
  co_await resources_.note_event(container_caller(), schemas::Catalog::instance().by_name("Container"), object, note);
}

Task<void> Pulls::stop() {
  scope_.cancel();
  co_await scope_.join();
}

}  // namespace berth::reconcilers
